"""Mailed links about an account: asking for them, and their tokens, each for one account, one purpose and one use.

A link is asked for by address: whose that is, and whether anybody's, only `SendMail` finds out, so that asking takes
the same steps, and the same time, whether or not there is such an account. An account has one token of each purpose at
most: a new one takes the place of the one before it. The ephemeral table holds its hash only, so that who reads the
table can use none.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from booking.accounts.errors import TokenNotValid
from booking.accounts.recovery_limit import count_recovery_attempt
from booking.accounts.table import IS_ACTIVE, UserItem
from booking.accounts.user import User
from booking.background.queues import TryLater, put_on_mail_queue
from booking.caller import USER_PREFIX, Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.items import get, update
from booking.dynamodb.transaction import Transaction
from booking.errors import StoreUnavailable
from booking.rate_limit import source_network
from booking.runtime.clock import epoch_seconds
from booking.runtime.ids import is_id

_KIND = "account_mail"


class Purpose(StrEnum):
    """What a mailed link is for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105  # no password
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class AccountMail:
    """A mail with a link that whoever has the account of that address is to get; `key` names it for ever."""

    key: str
    purpose: Purpose
    address: str

    @property
    def text(self) -> str:
        """The message's body."""
        return json.dumps({"kind": _KIND, "key": self.key, "purpose": self.purpose, "address": self.address})

    @classmethod
    def parse(cls, text: str) -> "AccountMail | None":
        """The inverse of `text`; None for a message of another kind."""
        content = json.loads(text)
        if content.get("kind") != _KIND:
            return None
        return cls(content["key"], Purpose(content["purpose"]), content["address"])


def ask_for_mail(purpose: Purpose, address: str) -> None:
    """Puts it on the mail queue. Raises `StoreUnavailable`."""
    mail = AccountMail(f"account#{secrets.token_hex(16)}", purpose, address)
    try:
        put_on_mail_queue(mail.text)
    except TryLater as failure:
        raise StoreUnavailable from failure


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


def forgot_password(address: str, *, source_address: str, now: datetime) -> None:
    """Has a link to choose a new password mailed to the address, if an account has it; reads no account.

    Raises `TooManyRequests`, `StoreUnavailable`.
    """
    count_recovery_attempt("forgot-source", source_network(source_address), now)
    count_recovery_attempt("forgot-address", address, now)
    ask_for_mail(Purpose.PASSWORD_RESET, address)


def send_verification(caller: Caller, now: datetime) -> None:
    """Has a new link to verify its address mailed to the caller, unless that is done.

    Raises `TooManyRequests`, `StoreUnavailable`.
    """
    count_recovery_attempt("verification-account", caller.user_id, now)
    ask_for_mail(Purpose.VERIFICATION, caller.email)


def find_verification(token: str, *, source_address: str, now: datetime) -> MailedToken:
    """The token of a link that verifies an address. Raises `TokenNotValid`, `TooManyRequests`."""
    count_recovery_attempt("verify-source", source_network(source_address), now)
    return find_token(Purpose.VERIFICATION, token, now)


def spend_verification(found: MailedToken) -> None:
    """The address of the token's account is its own from now on. Raises `TokenNotValid`."""
    transaction = Transaction()
    spend_in(transaction, found)
    transaction.update(UserItem(user_id=found.user_id), [UserItem.email_verified.set(True)], condition=IS_ACTIVE)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        raise TokenNotValid from None
