"""Booking without an account: whoever has an address holds a slot, and confirms it with the link in a mail."""

from datetime import datetime

from booking.bookings.create import Hold, Wish, book
from booking.bookings.create_for import Contact
from booking.bookings.errors import GuestsCannotBook
from booking.bookings.open_holds import LONGEST_HOLD, MOST_OPEN_HOLDS_OF_GUEST
from booking.bookings.rules import Booking
from booking.caller import Guest
from booking.rate_limit import RateLimit, count_attempt, source_network
from booking.runtime.settings import settings


def create_guest_booking(contact: Contact, wish: Wish, *, source_address: str, now: datetime) -> Booking:
    """A booking that is held for 30 minutes, until the link in a mail to the contact's address confirms it.

    Where `GUEST_BOOKING` is `open` it is confirmed at once. No account is read, so that nobody learns who has one.
    Raises `GuestsCannotBook`, `TooManyRequests`, and what `create_booking` raises.
    """
    if settings().guest_booking == "off":
        raise GuestsCannotBook
    client = contact.as_client()
    _count_attempt("guest-source", source_network(source_address), now)
    _count_attempt("guest-address", client.id, now)
    hold = Hold(int(LONGEST_HOLD.total_seconds()), MOST_OPEN_HOLDS_OF_GUEST)
    return book(
        Guest(client.id),
        wish,
        wish.text(contact.digest),
        client,
        now,
        guest_id=client.id,
        hold=None if settings().guest_booking == "open" else hold,
    )


def _count_attempt(what: str, subject: str, now: datetime) -> None:
    limit = RateLimit(what, settings().guest_booking_max_attempts, settings().auth_rate_limit_window_seconds)
    count_attempt(limit, subject, now)
