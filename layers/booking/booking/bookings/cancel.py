"""Cancelling a booking: read it, see who waits, write everything at once."""

from dataclasses import replace
from datetime import datetime

from booking.bookings.read import find_booking
from booking.bookings.release import release_or_promote, retrying_release, why_not_released
from booking.bookings.rules import Booking, Status, check_may_cancel
from booking.bookings.table import BookingItem, is_unchanged
from booking.caller import Caller
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.transaction import Transaction


def cancel_booking(caller: Caller, booking_id: str, now: datetime, *, reason: str | None = None) -> Booking:
    """The booking, cancelled; its slot is free or the first waiter's. Cancelling twice is no error.

    The first one's `reason` stays. Raises `BookingNotFound`, `Forbidden`, `BookingHasExpired`, `SlotStarted`.
    """
    return retrying_release(lambda: _cancel(caller, booking_id, reason, now))


def _cancel(caller: Caller, booking_id: str, reason: str | None, now: datetime) -> Booking:
    booking = find_booking(booking_id)
    check_may_cancel(booking, caller, now)
    if booking.status is Status.CANCELLED:
        return booking

    transaction = Transaction()
    transaction.update(
        BookingItem(booking_id=booking_id),
        [
            BookingItem.status.set(Status.CANCELLED),
            BookingItem.cancelled_at.set(now),
            *([BookingItem.cancel_reason.set(reason)] if reason else []),
            BookingItem.timer.remove(),
        ],
        condition=is_unchanged(booking),
    )
    promotion = release_or_promote(transaction, booking, now)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        raise why_not_released(failure, promotion) from failure
    return replace(booking, status=Status.CANCELLED, cancelled_at=now, cancel_reason=reason or None)
