"""Sealing: text that only who has the keys can read and make, bound to the purpose that it was made for.

A synthetic-IV construction (Rogaway and Shrimpton, 2006; RFC 5297 is the one of AES) out of HMAC-SHA256, since the
standard library has no cipher: an HMAC over purpose and content is both the tag and the nonce of a keystream of HMACs.
Equal contents look equal, which says nothing that a caller does not know: it asked for the same thing twice.
"""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

from booking.runtime.signing import KeyRing, SigningKey

_KID_BYTES = 6
_TAG_BYTES = 16


class SealBroken(Exception):
    """The text was not sealed with one of the keys, or for another purpose."""


def seal(content: Mapping[str, str], purpose: str, keys: KeyRing) -> str:
    """URL-safe text that hides the content. Raises `StoreUnavailable`."""
    key = keys.current()
    plain = json.dumps(dict(content), separators=(",", ":"), sort_keys=True).encode()
    tag = _tag(key, purpose, plain)
    sealed = bytes.fromhex(key.kid) + tag + _masked(key, tag, plain)
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(text: str, purpose: str, keys: KeyRing) -> Mapping[str, str]:
    """The content that was sealed for that purpose. Raises `SealBroken`, `StoreUnavailable`."""
    sealed = _decoded(text)
    kid, tag, masked = sealed[:_KID_BYTES], sealed[_KID_BYTES:][:_TAG_BYTES], sealed[_KID_BYTES + _TAG_BYTES :]
    key = keys.named(kid.hex())
    if key is None:
        raise SealBroken
    plain = _masked(key, tag, masked)
    if not hmac.compare_digest(tag, _tag(key, purpose, plain)):
        raise SealBroken
    content: Mapping[str, str] = json.loads(plain)
    return content


def _decoded(text: str) -> bytes:
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise SealBroken from None
    if urlsafe_b64encode(sealed).rstrip(b"=").decode() != text:
        raise SealBroken  # one spelling only, so that nothing about a seal can be changed
    return sealed


def _tag(key: SigningKey, purpose: str, plain: bytes) -> bytes:
    about = purpose.encode()
    message = len(about).to_bytes(4) + about + plain
    return hmac.digest(_derived(key, b"tag"), message, sha256)[:_TAG_BYTES]


def _masked(key: SigningKey, tag: bytes, text: bytes) -> bytes:
    """The text with the keystream of the tag over it; doing it twice gives the text back."""
    stream_key = _derived(key, b"stream")
    blocks = range(-(-len(text) // sha256().digest_size))
    stream = b"".join(hmac.digest(stream_key, tag + number.to_bytes(4), sha256) for number in blocks)
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _derived(key: SigningKey, use: bytes) -> bytes:
    """A key of its own for each use (NIST SP 800-108: a key is derived by naming its use)."""
    return hmac.digest(key.secret.encode(), b"cursor:" + use, sha256)
