"""Erasing oneself: the caller shows the account's password, and `booking.privacy.erase` does the rest."""

from datetime import datetime

from booking.accounts.guests import guest_id_of
from booking.accounts.passwords import check_current_password
from booking.accounts.table import UserItem
from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.items import get
from booking.errors import StoreUnavailable, Unauthenticated
from booking.privacy.erase import Erasure, begin_erasure, erase_person
from booking.rate_limit import count_attempt
from booking.runtime.settings import settings


def delete_own_user(caller: Caller, password: str, now: datetime) -> None:
    """When it returns, no table holds anything that tells who the caller was.

    Raises `CurrentPasswordWrong`, `UpcomingBookings`, `LastAdmin`, `TooManyRequests`, `Unauthenticated` if the account
    is gone or deactivated, and `StoreUnavailable` also if there is more than one request does: a repeat goes on there.
    """
    count_attempt("erasure-account", caller.user_id, now, most=settings().auth_recovery_max_attempts)
    erasure = retrying_contention(lambda: _begin(caller, password, now))
    if not erase_person(erasure, now):
        raise StoreUnavailable


def _begin(caller: Caller, password: str, now: datetime) -> Erasure:
    user = get(UserItem, caller.user_id, consistent=True)
    if user is None or not (user.is_active or user.is_marked_erased):
        raise Unauthenticated
    check_current_password(password, user.password_hash)
    return begin_erasure(user, guest_id_of(user.email) if user.email_verified else None, now)
