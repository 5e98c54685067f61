"""Access tokens: short-lived JWTs that carry all that a function must know about its caller.

All tokens that we sign are HS256; the algorithm is pinned, so `alg: none` and key confusion get nowhere. The header's
`kid` names the key (`booking.runtime.signing`), the audience what a token is for.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from booking.caller import Caller, Locale, Role
from booking.errors import Unauthenticated
from booking.runtime.settings import settings
from booking.runtime.signing import SIGNING_KEYS, SigningKey

ALGORITHM = "HS256"
ISSUER = "booking-api"
AUDIENCE = "booking-api"


def issue_access_token(caller: Caller, now: datetime) -> str:
    """A token for `access_token_lifetime()`."""
    claims = {
        "sub": caller.user_id,
        "role": caller.role.value,
        "email": caller.email,
        "locale": caller.locale.value,
        "name": caller.name,
        "phone": caller.phone,
        "sid": caller.session_id,
        "iat": now,
        "exp": now + access_token_lifetime(),
    }
    return signed(claims, AUDIENCE, SIGNING_KEYS.current())


def access_token_lifetime() -> timedelta:
    """How long a token is valid; it bounds for how long a deactivated account can still act."""
    return timedelta(minutes=settings().access_token_minutes)


def caller_of(token: str) -> Caller:
    """Who the token speaks for. Raises `Unauthenticated`."""
    claims = verified_claims(token, AUDIENCE, SIGNING_KEYS.named, "exp", "iat", "role", "email", "locale")
    try:
        role, locale = Role(claims["role"]), Locale(claims["locale"])
    except ValueError:
        raise Unauthenticated from None
    return Caller(
        claims["sub"], role, claims["email"], locale, claims.get("sid"), claims.get("name"), claims.get("phone")
    )


def signed(claims: Mapping[str, Any], audience: str, key: SigningKey) -> str:
    """A token of ours for that audience."""
    common = {"iss": ISSUER, "aud": audience, "jti": uuid.uuid4().hex}
    return jwt.encode({**common, **claims}, key.secret, algorithm=ALGORITHM, headers={"kid": key.kid})


def verified_claims(
    token: str, audience: str, key_named: Callable[[str], SigningKey | None], *required: str
) -> Mapping[str, Any]:
    """What a token of ours says that is for that audience, and not for another one.

    Raises `Unauthenticated`, also for one that lacks a claim that is required.
    """
    try:
        header, _, _ = token.partition(".")
        kid = jwt.get_unverified_header(f"{header}..").get("kid")  # the rest is decoded below, once
        key = key_named(kid) if isinstance(kid, str) else None
        if key is None:
            raise Unauthenticated
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.secret,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            options={"require": ["iss", "aud", "jti", "sub", *required]},
        )
    except (jwt.InvalidTokenError, ValueError):
        raise Unauthenticated from None
    return claims
