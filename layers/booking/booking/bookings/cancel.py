"""Cancelling a booking: read it, see who waits, write everything at once."""

from datetime import datetime

from booking.bookings.end import end_booking
from booking.bookings.free_time import finish_promotions, retrying_free
from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, Status, as_seen_by, check_may_cancel
from booking.caller import Caller, Guest


def cancel_booking(caller: Caller | Guest, booking_id: str, now: datetime, *, reason: str | None = None) -> Booking:
    """The booking, cancelled; its time is free or booked for who waits for it. Cancelling twice is no error.

    The first one's `reason` stays. Raises `BookingNotFound`, `Forbidden`, `BookingHasExpired`, `SlotStarted`,
    `NoLongerChangeable`.
    """
    booking = retrying_free(lambda: _cancel(caller, booking_id, reason, now))
    return as_seen_by(caller, finish_promotions(booking, now))


def _cancel(caller: Caller | Guest, booking_id: str, reason: str | None, now: datetime) -> Booking:
    booking = find_booking(booking_id)
    check_may_cancel(booking, caller, now)
    if booking.status is Status.CANCELLED:
        return booking
    return end_booking(finish_promotions(booking, now), Status.CANCELLED, now, reason=reason)
