"""Sessions: refresh tokens that are spent when they are used.

A sign-in starts a family of refresh tokens; the family's item holds the hash of the one that is valid.
Using it puts the next one in its place. A spent token that comes back means that two parties hold the
family's tokens, so the family ends (RFC 9700, section 4.14.2).

A family belongs to a generation of its account's sessions. Whatever ends them all (an operator, an admin, a new
password) raises the account's generation, and with that the families of earlier ones are worth nothing.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from booking.accounts.access_tokens import access_token_lifetime, issue_access_token
from booking.accounts.errors import RefreshTokenRejected
from booking.accounts.table import UserItem
from booking.accounts.user import User
from booking.dynamodb.attributes import InstantAttribute
from booking.dynamodb.ephemeral import EphemeralItem, hash_of
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import create, delete, get, get_all, update
from booking.dynamodb.queries import query_every
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds, from_epoch_seconds
from booking.runtime.settings import settings

_FAMILY_BYTES = 16
_SECRET_BYTES = 32
_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Session:
    """The tokens that a sign-in answers; `expires_in` is the access token's lifetime in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A sign-in as its account sees it; families of earlier releases do not say when they began."""

    begun_at: datetime | None
    expires_at: datetime


class ByUser(GlobalSecondaryIndex["_Family"]):
    """What the ephemeral table keeps for an account: its sessions, and the tokens of mailed links."""

    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    user_id = UnicodeAttribute(hash_key=True)
    pk = UnicodeAttribute(range_key=True)


class _Family(EphemeralItem):
    user_id = UnicodeAttribute()
    valid_hash = UnicodeAttribute()
    generation = NumberAttribute(default=0)
    begun_at = InstantAttribute(null=True)

    by_user = ByUser()


def open_session(user: User, now: datetime) -> Session:
    """A new family of refresh tokens for the account."""
    family_id, secret = secrets.token_urlsafe(_FAMILY_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    family = _Family(
        pk=_key(family_id),
        user_id=user.id,
        valid_hash=hash_of(secret),
        generation=user.session_generation,
        begun_at=now,
        expires_at=_end(now),
    )
    create(family, condition=_Family.pk.does_not_exist())
    return _session(user, family_id, secret, now)


def refresh_session(token: str, now: datetime) -> Session:
    """Spends the refresh token for a new pair; role and e-mail are read anew.

    The token is spent last: while the store or the signing key cannot be had, it stays good for the next try.
    Raises `RefreshTokenRejected`.
    """
    family_id, secret = _parts(token)
    family = get(_Family, _key(family_id), consistent=True)
    if family is None:
        raise RefreshTokenRejected
    user = get(UserItem, family.user_id, consistent=True)
    if user is None or not user.is_active or user.session_generation != family.generation:
        return _refresh_unless_over(family, token, now)
    next_secret = secrets.token_urlsafe(_SECRET_BYTES)
    session = _session(user.to_user(), family_id, next_secret, now)
    _rotate(family, hash_of(secret), hash_of(next_secret), now)
    return session


def _refresh_unless_over(family: _Family, token: str, now: datetime) -> Session:
    """A family that was read just before it was carried over is read again; any other one ends."""
    try:
        delete(family, condition=_Family.generation.does_not_exist() | (_Family.generation == family.generation))
    except ConditionFailed:
        return refresh_session(token, now)
    raise RefreshTokenRejected


def carry_over_in(transaction: Transaction, family_id: str, user_id: str, generation: int, now: datetime) -> None:
    """Makes part of the write that raises the account's generation that this family outlives it, if it has not."""
    transaction.update(
        _Family(pk=_key(family_id)),
        [_Family.generation.set(generation + 1)],
        condition=(_Family.user_id == user_id)
        & (_Family.generation == generation)
        & (_Family.expires_at > epoch_seconds(now)),
    )


def log_out(token: str) -> None:
    """Ends the token's family. A token that is none any more is no error: the session is over."""
    with suppress(RefreshTokenRejected):
        family_id, _ = _parts(token)
        delete(_Family(pk=_key(family_id)))


def list_sessions(user: User, now: datetime) -> Sequence[OpenSession]:
    """The account's sessions that are not over."""
    keys = [(item.pk,) for item in query_every(_Family.by_user, user.id, _Family.pk.startswith(_key("")))]
    families = [_Family.from_old(raw) for raw in get_all(_Family, keys)]
    return [
        OpenSession(family.begun_at, from_epoch_seconds(family.expires_at))
        for family in families
        if family.generation == user.session_generation and family.expires_at > epoch_seconds(now)
    ]


def forget_sessions(user_id: str) -> None:
    """Deletes them with the tokens of mailed links, whether they are over or not."""
    for item in query_every(_Family.by_user, user_id):
        delete(_Family(pk=item.pk))


def _rotate(family: _Family, spent_hash: str, next_hash: str, now: datetime) -> None:
    try:
        update(
            family,
            [_Family.valid_hash.set(next_hash), _Family.expires_at.set(_end(now))],
            condition=(_Family.valid_hash == spent_hash) & (_Family.expires_at > epoch_seconds(now)),
        )
    except ConditionFailed as failure:
        found = _Family.from_old(failure.old) if failure.old else None
        if found and found.valid_hash == next_hash:
            return  # our own write, whose answer was lost and which was sent again
        if found:
            delete(family)
        raise RefreshTokenRejected from None


def _session(user: User, family_id: str, secret: str, now: datetime) -> Session:
    return Session(
        access_token=issue_access_token(replace(user.as_caller(), session_id=family_id), now),
        refresh_token=f"{family_id}.{secret}",
        expires_in=int(access_token_lifetime().total_seconds()),
    )


def _parts(token: str) -> tuple[str, str]:
    family_id, _, secret = token.partition(".")
    if not family_id or not secret or len(token) > _LONGEST_TOKEN:
        raise RefreshTokenRejected
    return family_id, secret


def _key(family_id: str) -> str:
    return f"refresh#{family_id}"


def _end(now: datetime) -> int:
    return epoch_seconds(now + timedelta(days=settings().refresh_token_days))
