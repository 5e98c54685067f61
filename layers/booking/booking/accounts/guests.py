"""Guests: who books with an address and no account.

An address has one guest's id, so that lists, limits and repeats work without an account. It follows from the address by
a keyed hash: nobody without the key can tell whose it is, and it is never an account's.
"""

import hmac
from hashlib import sha256

from booking.accounts.access_tokens import signed, verified_claims
from booking.caller import GUEST_PREFIX, Guest
from booking.runtime.ids import RANDOM_BYTES, encode_id
from booking.runtime.signing import SIGNING_KEYS

AUDIENCE = "booking-guest"


def guest_id_of(address: str) -> str:
    """The id of whoever has this address, in its stored form (`booking.accounts.addresses`).

    Raises `StoreUnavailable`.
    """
    digest = hmac.digest(SIGNING_KEYS.guests().encode(), b"guest-id:" + address.encode(), sha256)
    return encode_id(GUEST_PREFIX, digest[:RANDOM_BYTES])


def issue_guest_token(guest_id: str, booking_id: str) -> str:
    """The token of a link that opens the booking. It has no end of its own: the booking's slot has.

    Raises `StoreUnavailable`.
    """
    return signed({"sub": guest_id, "bid": booking_id}, AUDIENCE, SIGNING_KEYS.links())


def guest_of(token: str) -> Guest:
    """Whose link carries the token, and which booking it opens. Raises `Unauthenticated`."""
    claims = verified_claims(token, AUDIENCE, SIGNING_KEYS.named_of_links, "bid")
    return Guest(claims["sub"], str(claims["bid"]))
