"""Mailed links about an account: asking for them, and their tokens, each for one account, one purpose and one use.

A link is asked for by address: whose that is, and whether anybody's, only `SendMail` finds out, so that asking takes
the same steps, and the same time, whether or not there is such an account. An account has one token of each purpose at
most: a new one takes the place of the one before it. The ephemeral table holds its hash only, so that who reads the
table can use none.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from booking.accounts.errors import TokenNotValid
from booking.accounts.table import IS_ACTIVE, UserItem
from booking.accounts.user import User
from booking.background.queues import put_on_mail_queue
from booking.caller import USER_PREFIX, Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.ephemeral import EphemeralItem, hash_of
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.items import get, update
from booking.dynamodb.transaction import Transaction
from booking.rate_limit import count_attempt, source_network
from booking.runtime.clock import epoch_seconds
from booking.runtime.ids import is_id
from booking.runtime.settings import settings

_SECRET_BYTES = 32


class Purpose(StrEnum):
    """What a mailed link is for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105  # no password
    VERIFICATION = "verification"


_LIFETIME = {Purpose.PASSWORD_RESET: timedelta(hours=1), Purpose.VERIFICATION: timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class AccountMail:
    """A mail with a link that whoever has the account of that address is to get; `key` names it for ever."""

    key: str
    purpose: Purpose
    address: str

    @property
    def text(self) -> str:
        """The message's body."""
        return json.dumps({"kind": "account_mail", **asdict(self)})


def forgot_password(address: str, *, source_address: str, now: datetime) -> None:
    """Has a link to choose a new password mailed to the address, if an account has it; reads no account.

    Raises `TooManyRequests`, `StoreUnavailable`.
    """
    most = settings().auth_recovery_max_attempts
    count_attempt("forgot-source", source_network(source_address), now, most=most)
    count_attempt("forgot-address", address, now, most=most)
    ask_for_mail(Purpose.PASSWORD_RESET, address)


def send_verification(caller: Caller, now: datetime) -> None:
    """Has a new link to verify its address mailed to the caller, unless that is done.

    Raises `TooManyRequests`, `StoreUnavailable`.
    """
    count_attempt("verification-account", caller.user_id, now, most=settings().auth_recovery_max_attempts)
    ask_for_mail(Purpose.VERIFICATION, caller.email)


def ask_for_mail(purpose: Purpose, address: str) -> None:
    """Puts it on the mail queue. Raises `StoreUnavailable`."""
    put_on_mail_queue(AccountMail(f"account#{secrets.token_hex(16)}", purpose, address).text)


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
            MailedToken.valid_hash.set(hash_of(secret)),
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
    if not hmac.compare_digest(token.valid_hash, hash_of(secret)):
        raise TokenNotValid
    return token


def spend_token(token: MailedToken, changes: Sequence[Action], *, condition: Condition) -> None:
    """Uses the token up in the write that changes its account, of which the condition must hold.

    Raises `TokenNotValid` if it does not, if another token was mailed since, or if this one was used.
    """
    transaction = Transaction()
    transaction.delete(MailedToken(pk=token.pk), condition=MailedToken.valid_hash == token.valid_hash)
    transaction.update(UserItem(user_id=token.user_id), changes, condition=condition)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        raise TokenNotValid from None


def spend_verification(token: MailedToken) -> None:
    """The address of the token's account is its own from now on. Raises `TokenNotValid`."""
    spend_token(token, [UserItem.email_verified.set(True)], condition=IS_ACTIVE)


def _key(purpose: Purpose, user_id: str) -> str:
    return f"token#{purpose}#{user_id}"
