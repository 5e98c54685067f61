"""Signing in with e-mail and password."""

from datetime import datetime

from booking.accounts.errors import WrongEmailOrPassword
from booking.accounts.passwords import hash_password, matches, needs_rehash
from booking.accounts.sessions import Session, open_session
from booking.accounts.table import EmailClaimItem, UserItem, claim_key
from booking.accounts.user import normalized_email
from booking.platform.ratelimit import RateLimit, count_attempt
from booking.platform.settings import settings
from booking.platform.store import ConditionFailed, get, update

_NOBODY = "usr_nobody"


def log_in(email: str, password: str, *, source_address: str, now: datetime) -> Session:
    """A new session.

    An unknown address takes the same reads and the same hashing as a wrong password, and gets the same
    answer. Attempts count per source address and per account. Raises `WrongEmailOrPassword`,
    `TooManyRequests`.
    """
    address = normalized_email(email)
    count_attempt(_rate_limit("login-address"), source_address, now)
    count_attempt(_rate_limit("login-account"), address, now)

    claim = get(EmailClaimItem, claim_key(address), consistent=True)
    user = get(UserItem, claim.holder if claim else _NOBODY, consistent=True)
    if not matches(password, user.password_hash if user else None):
        raise WrongEmailOrPassword
    if user is None or not user.is_active:
        raise WrongEmailOrPassword
    if needs_rehash(user.password_hash):
        _rehash(user, password)
    return open_session(user.to_user(), now)


def _rehash(user: UserItem, password: str) -> None:
    """Hashes anew with today's parameters, unless the password was changed in between."""
    try:
        update(
            UserItem(user_id=user.user_id),
            [UserItem.password_hash.set(hash_password(password))],
            condition=UserItem.password_hash == user.password_hash,
        )
    except ConditionFailed:
        return


def _rate_limit(name: str) -> RateLimit:
    return RateLimit(name, settings().auth_login_max_attempts, settings().auth_rate_limit_window_seconds)
