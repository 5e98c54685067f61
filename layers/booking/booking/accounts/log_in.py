"""Signing in with e-mail and password."""

from datetime import datetime

from booking.accounts.addresses import known_address
from booking.accounts.errors import WrongEmailOrPassword
from booking.accounts.passwords import hash_password, matches, needs_rehash
from booking.accounts.sessions import Session, open_session
from booking.accounts.table import EmailClaimItem, UserItem, claim_key
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import get, update
from booking.rate_limit import count_attempt, forget_attempt, source_network
from booking.runtime.settings import settings

_NOBODY = "usr_nobody"
_FAILURES = "login-account"


def log_in(email: str, password: str, *, source_address: str, now: datetime) -> Session:
    """A new session.

    An unknown address takes the same reads and the same hashing as a wrong password, and gets the same
    answer. Attempts count per source, failed ones per account, too: more of them, so that no single source
    can lock an account's owner out. An attempt counts as failed until it has succeeded, so that parallel ones
    cannot pass the limit together. Raises `AddressRejected`, `WrongEmailOrPassword`, `TooManyRequests`.
    """
    address = known_address(email)
    count_attempt("login-address", source_network(source_address), now, most=settings().auth_login_max_attempts)
    attempt = count_attempt(_FAILURES, address, now, most=settings().auth_login_account_max_failures)

    claim = get(EmailClaimItem, claim_key(address), consistent=True)
    user = get(UserItem, claim.holder if claim else _NOBODY, consistent=True)
    if not matches(password, user.password_hash if user else None):
        raise WrongEmailOrPassword
    if user is None or not user.is_active:
        raise WrongEmailOrPassword
    if needs_rehash(user.password_hash):
        _rehash(user, password)
    forget_attempt(_FAILURES, address, attempt)
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
