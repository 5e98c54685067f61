"""Access tokens: short-lived JWTs that carry all that a function must know about its caller.

HS256 only; the algorithm is pinned, so `alg: none` and key confusion get nowhere. The header's `kid`
names the key (`booking.runtime.signing`).
"""

import uuid
from collections.abc import Callable
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
_REQUIRED = ["iss", "aud", "sub", "exp", "iat", "jti"]


def issue_access_token(caller: Caller, now: datetime) -> str:
    """A token for `access_token_lifetime()`."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": caller.user_id,
        "role": caller.role.value,
        "email": caller.email,
        "locale": caller.locale.value,
        "name": caller.name,
        "phone": caller.phone,
        "sid": caller.session_id,
        "iat": now,
        "exp": now + access_token_lifetime(),
        "jti": uuid.uuid4().hex,
    }
    key = SIGNING_KEYS.current()
    return jwt.encode(claims, key.secret, algorithm=ALGORITHM, headers={"kid": key.kid})


def access_token_lifetime() -> timedelta:
    """How long a token is valid; it bounds for how long a deactivated account can still act."""
    return timedelta(minutes=settings().access_token_minutes)


def caller_of(token: str) -> Caller:
    """Who the token speaks for. Raises `Unauthenticated`."""
    try:
        claims = verified_claims(token, AUDIENCE, _REQUIRED, SIGNING_KEYS.named)
        return Caller(
            claims["sub"],
            Role(claims["role"]),
            claims["email"],
            Locale(claims["locale"]),
            claims.get("sid"),
            claims.get("name"),
            claims.get("phone"),
        )
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise Unauthenticated from None


def verified_claims(
    token: str, audience: str, required: list[str], key_named: Callable[[str], SigningKey | None]
) -> dict[str, Any]:
    """What a token of ours says that is for that audience, and not for another one.

    Raises `Unauthenticated`, `jwt.InvalidTokenError`.
    """
    header, _, _ = token.partition(".")
    kid = jwt.get_unverified_header(f"{header}..").get("kid")  # the rest is decoded below, once
    key = key_named(kid) if isinstance(kid, str) else None
    if key is None:
        raise Unauthenticated
    return jwt.decode(
        token,
        key.secret,
        algorithms=[ALGORITHM],
        audience=audience,
        issuer=ISSUER,
        options={"require": required},
    )
