"""Erasing oneself: what `booking.privacy.erase` does, from the request on."""

from datetime import datetime, timedelta

from booking.accounts.access_tokens import access_token_lifetime
from booking.accounts.account_to_erase import account_to_erase
from booking.accounts.erase import mark_erased
from booking.accounts.guests import guest_id_of
from booking.accounts.recovery_limit import count_recovery_attempt
from booking.background.queues import LONGEST_DELAY, put_on_sweep_queue
from booking.bookings.erase import has_bookings_to_come
from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.errors import StoreUnavailable
from booking.privacy.erase import Erasure, erase_person
from booking.privacy.errors import UpcomingBookings

UNDER_WAY = timedelta(minutes=1)
"""Longer than a request takes that had read the account, or had its token accepted, just before it was marked."""


def delete_own_user(caller: Caller, password: str, now: datetime) -> None:
    """When it returns, no table holds anything that tells who the caller was.

    Raises `CurrentPasswordWrong`, `UpcomingBookings`, `LastAdmin`, `TooManyRequests`, `Unauthenticated` if the account
    is gone or deactivated, and `StoreUnavailable` also if there is more than one request does: a repeat goes on there.
    """
    count_recovery_attempt("erasure-account", caller.user_id, now)
    erasure = retrying_contention(lambda: _begin(caller, password, now))
    if not erase_person(erasure, now):
        raise StoreUnavailable


def _begin(caller: Caller, password: str, now: datetime) -> Erasure:
    user = account_to_erase(caller, password)
    guest_id = guest_id_of(user.email) if user.email_verified else None
    began_at = user.erased_at if user.is_marked_erased else now
    erasure = Erasure(user.user_id, guest_id, began_at, began_at + access_token_lifetime() + UNDER_WAY)
    if user.is_marked_erased:
        return erasure
    if has_bookings_to_come(caller.specialist_id, caller.user_id, now):
        raise UpcomingBookings
    put_on_sweep_queue(erasure.text, LONGEST_DELAY)
    mark_erased(user, erasure.tokens_end_at, now)
    return erasure
