"""Tokens of mailed links: for one account, one purpose and one use.

An account has one of each purpose at most: a new one takes the place of the one before it. The ephemeral table holds
its hash only, so that who reads the table can use none.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from booking.accounts.account_mail import Purpose
from booking.accounts.errors import TokenNotValid
from booking.accounts.user import User
from booking.caller import USER_PREFIX
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.items import get, update
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds
from booking.runtime.ids import is_id

_LIFETIME = {Purpose.PASSWORD_RESET: timedelta(hours=1), Purpose.VERIFICATION: timedelta(days=1)}
_SECRET_BYTES = 32


class MailedToken(EphemeralItem):
    """A token as it is stored; it was made in a generation of its account's sessions."""

    user_id = UnicodeAttribute()
    valid_hash = UnicodeAttribute()
    generation = NumberAttribute()


def issue_token(purpose: Purpose, user: User, now: datetime) -> str:
    """A new token, which voids the one before it. Raises `StoreUnavailable`."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    update(
        MailedToken(pk=_key(purpose, user.id)),
        [
            MailedToken.user_id.set(user.id),
            MailedToken.valid_hash.set(_digest(secret)),
            MailedToken.generation.set(user.session_generation),
            MailedToken.expires_at.set(epoch_seconds(now + _LIFETIME[purpose])),
        ],
    )
    return f"{user.id}.{secret}"


def find_token(purpose: Purpose, text: str, now: datetime) -> MailedToken:
    """The token as it is stored. Raises `TokenNotValid`."""
    user_id, _, secret = text.partition(".")
    token = get(MailedToken, _key(purpose, user_id), consistent=True) if is_id(USER_PREFIX, user_id) else None
    if token is None or token.expires_at <= epoch_seconds(now):
        raise TokenNotValid
    if not hmac.compare_digest(token.valid_hash, _digest(secret)):
        raise TokenNotValid
    return token


def spend_in(transaction: Transaction, token: MailedToken) -> None:
    """Makes part of the write that the token is used up; it fails if another one was mailed, or this one used."""
    transaction.delete(MailedToken(pk=token.pk), condition=MailedToken.valid_hash == token.valid_hash)


def _key(purpose: Purpose, user_id: str) -> str:
    return f"token#{purpose}#{user_id}"


def _digest(secret: str) -> str:
    """Random secrets need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
