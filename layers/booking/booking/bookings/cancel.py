"""Cancelling a booking: read it, see who waits, write everything at once."""

from dataclasses import replace
from datetime import datetime

from booking.bookings.free_time import WhyNot, free_time, freed_by, promote_rest, retrying_free
from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, Status, check_may_cancel
from booking.bookings.table import BookingItem, is_unchanged
from booking.caller import Caller
from booking.dynamodb.errors import Contended
from booking.dynamodb.transaction import Transaction


def cancel_booking(caller: Caller, booking_id: str, now: datetime, *, reason: str | None = None) -> Booking:
    """The booking, cancelled; its slot is free or the first waiter's. Cancelling twice is no error.

    The first one's `reason` stays. Raises `BookingNotFound`, `Forbidden`, `BookingHasExpired`, `SlotStarted`,
    `NoLongerChangeable`.
    """
    return retrying_free(lambda: _cancel(caller, booking_id, reason, now))


def _cancel(caller: Caller, booking_id: str, reason: str | None, now: datetime) -> Booking:
    booking = find_booking(booking_id)
    check_may_cancel(booking, caller, now)
    if booking.status is Status.CANCELLED:
        _finish_promotions(booking, now)
        return booking

    def compose(transaction: Transaction) -> WhyNot:
        ended = transaction.update(
            BookingItem(booking_id=booking_id),
            [
                BookingItem.status.set(Status.CANCELLED),
                BookingItem.cancelled_at.set(now),
                *([BookingItem.cancel_reason.set(reason)] if reason else []),
                BookingItem.timer.remove(),
            ],
            condition=is_unchanged(booking),
        )
        return lambda failure: Contended() if failure.failed(ended) else None

    free_time(freed_by(booking), compose, now)
    return replace(booking, status=Status.CANCELLED, cancelled_at=now, cancel_reason=reason or None)


def _finish_promotions(booking: Booking, now: datetime) -> None:
    """Books for more waiters than one write holds what a first attempt may have left when it was cut short."""
    freed = freed_by(booking)
    if freed.minutes and booking.slot_end_at > now:
        promote_rest(freed, now)
