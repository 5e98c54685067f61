"""Showing whose an address is: what guests have booked with it is the account's from then on."""

from datetime import datetime

from booking.accounts.errors import TokenNotValid, UserNotFound
from booking.accounts.mailed_links import Purpose, find_token, spend_verification
from booking.accounts.read import find_user
from booking.bookings.take_over import take_over_all
from booking.rate_limit import count_attempt, source_network
from booking.runtime.settings import settings


def verify_email(token: str, *, source_address: str, now: datetime) -> None:
    """The address of the token's account is its own from now on, and so are the bookings of guests with that address.

    They are taken over before the token is spent, so that the link repairs what was interrupted; and once more after
    that, since one that is confirmed in between finds the account not verified.

    Raises `TokenNotValid`, `TooManyRequests`.
    """
    most = settings().auth_recovery_max_attempts
    count_attempt("verify-source", source_network(source_address), now, most=most)
    found = find_token(Purpose.VERIFICATION, token, now)
    try:
        user = find_user(found.user_id)
    except UserNotFound:
        raise TokenNotValid from None
    take_over_all(user.email, user.id)
    spend_verification(found)
    take_over_all(user.email, user.id)
