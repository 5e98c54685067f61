"""Opaque, URL-safe identifiers: a word that says what they name, then base64url without padding.

An id is accepted in its one canonical spelling only, so that equal things have equal ids.
"""

import binascii
import secrets
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from booking.runtime.settings import settings

RANDOM_BYTES = 16


def new_id(prefix: str) -> str:
    """An id that nobody can guess: 128 random bits."""
    return encode_id(prefix, secrets.token_bytes(RANDOM_BYTES))


def encode_id(prefix: str, payload: bytes) -> str:
    """The id of `prefix` that carries `payload`."""
    return f"{prefix}_{urlsafe_b64encode(payload).rstrip(b'=').decode()}"


def decode_id(prefix: str, text: str, size: int) -> bytes | None:
    """The `size` bytes that the id carries, or None if it cannot be an id of that prefix."""
    marker = f"{prefix}_"
    encoded = text.removeprefix(marker)
    if not text.startswith(marker) or len(encoded) != -(-size * 8 // 6):
        return None
    try:
        payload = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return None
    return payload if encode_id(prefix, payload) == text else None


def is_id(prefix: str, text: str) -> bool:
    """Whether the text could be an id made by `new_id(prefix)`."""
    return decode_id(prefix, text, RANDOM_BYTES) is not None


def timer_shard_of(text: str) -> int:
    """In which shard the timer of what has this id is."""
    return zlib.crc32(text.encode()) % settings().timer_shards
