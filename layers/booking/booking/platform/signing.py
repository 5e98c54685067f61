"""The keys that sign tokens: made by the stack, kept in Secrets Manager, rotated without sign-outs.

The secret is `{"current": …, "previous": …}`. What was signed with the previous key stays valid; a
token that names an unknown key makes the functions look at the secret again, at most once in
`REFETCH_SECONDS`, so that a rotation is noticed at once and a forged key id costs nothing.
"""

import hashlib
import json
import time
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from booking.errors import StoreUnavailable
from booking.platform import aws
from booking.platform.settings import settings

CACHE_SECONDS = 300
REFETCH_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key and the name that tokens call it by."""

    kid: str
    secret: str

    @classmethod
    def of(cls, secret: str) -> "SigningKey":
        """The name of a key follows from the key, so that it cannot be wrong."""
        return cls(hashlib.sha256(b"kid:" + secret.encode()).hexdigest()[:12], secret)


@dataclass(frozen=True, slots=True)
class _Keys:
    current: SigningKey
    by_kid: dict[str, SigningKey]
    read_at: float


_cached: _Keys | None = None


def current_key() -> SigningKey:
    """The key that signs now."""
    return _keys(max_age=CACHE_SECONDS).current


def key_named(kid: str) -> SigningKey | None:
    """The current or previous key with that name, or None."""
    known = _keys(max_age=CACHE_SECONDS)
    if kid not in known.by_kid:
        known = _keys(max_age=REFETCH_SECONDS)
    return known.by_kid.get(kid)


def forget_keys() -> None:
    """Makes the next use read the secret again."""
    global _cached  # noqa: PLW0603  # the cache of this module
    _cached = None


def _keys(max_age: float) -> _Keys:
    global _cached  # noqa: PLW0603  # the cache of this module
    if _cached is None or time.monotonic() - _cached.read_at > max_age:
        _cached = _read()
    return _cached


def _read() -> _Keys:
    try:
        answer = aws.client("secretsmanager").get_secret_value(SecretId=settings().signing_key_secret)
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error
    secrets = json.loads(answer["SecretString"])
    keys = [SigningKey.of(secrets[name]) for name in ("current", "previous") if secrets.get(name)]
    return _Keys(keys[0], {key.kid: key for key in keys}, time.monotonic())
