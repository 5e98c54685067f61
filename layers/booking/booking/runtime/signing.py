"""The key that the stack makes and keeps in Secrets Manager, rotated without anybody noticing.

A secret is `{"previous": …, "current": …, "next": …}`. The current key signs; what any of the three has signed is
accepted. A key is published as `next` long before it signs, so that every execution environment knows it by then. A key
that replaces a leaked one was not published before: for what names an unknown key, the secret is read again, at most
once in `REFETCH_SECONDS`, so that forged key names cost nothing.

Two more keys outlive rotations, and are the current one until the first of them writes them down: `guests`, which
guests' ids are made with, and `links`, which signs the tokens of links that are mailed to guests.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from booking.errors import StoreUnavailable
from booking.runtime import aws
from booking.runtime.settings import settings

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
    rotated: Mapping[str, SigningKey]
    """Those in rotation, by name."""
    links: SigningKey
    guests: str
    read_at: float

    @classmethod
    def of(cls, secret_string: str) -> "_Keys":
        secrets = json.loads(secret_string)
        rotated = [SigningKey.of(secrets[name]) for name in ("current", "previous", "next") if secrets.get(name)]
        links = SigningKey.of(secrets.get("links") or secrets["current"])
        guests = secrets.get("guests") or secrets["current"]
        return cls(rotated[0], {key.kid: key for key in rotated}, links, guests, time.monotonic())


class KeyRing:
    """The keys that `read` gives as a secret's text, kept for `CACHE_SECONDS`. Reading raises `StoreUnavailable`."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._cached: _Keys | None = None

    def current(self) -> SigningKey:
        """The key that signs now."""
        return self._keys().current

    def links(self) -> SigningKey:
        """The key that signs the tokens of links that are mailed to guests."""
        return self._keys().links

    def guests(self) -> str:
        """The key that guests' ids are made with, which never changes."""
        return self._keys().guests

    def named(self, kid: str) -> SigningKey | None:
        """The key in rotation with that name, or None. What only signs links is none: it outlives rotations."""
        return self._keys_with(kid).rotated.get(kid)

    def named_of_links(self, kid: str) -> SigningKey | None:
        """The key with that name by which a link may be signed, or None."""
        known = self._keys_with(kid)
        return known.links if kid == known.links.kid else known.rotated.get(kid)

    def forget(self) -> None:
        """Makes the next use read the secret again."""
        self._cached = None

    def _keys_with(self, kid: str) -> _Keys:
        known = self._keys()
        return known if kid in {*known.rotated, known.links.kid} else self._keys(REFETCH_SECONDS)

    def _keys(self, max_age: float = CACHE_SECONDS) -> _Keys:
        if self._cached is None or time.monotonic() - self._cached.read_at > max_age:
            self._cached = _Keys.of(self._read())
        return self._cached


def _signing_keys() -> str:
    try:
        answer = aws.client("secretsmanager").get_secret_value(SecretId=settings().signing_key_secret)
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error
    text: str = answer["SecretString"]
    return text


def _public_keys() -> str:
    return json.dumps({"current": settings().stack_id})


SIGNING_KEYS = KeyRing(_signing_keys)

PUBLIC_KEYS = KeyRing(_public_keys)
"""For functions that may not read the secret: the stack's id, a UUID that AWS makes and callers never see.

It is no secret of those who may describe the stack, so it keeps nothing but places in lists that anyone may read.
"""
