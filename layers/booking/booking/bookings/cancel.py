"""Cancelling a booking: read it, see who waits, write everything at once."""

from dataclasses import replace
from datetime import datetime

from booking.bookings.free_time import WhyNot, finish_promotions, free_time, freed_by, retrying_free
from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, Status, check_may_cancel
from booking.bookings.table import BookingItem, is_unchanged
from booking.caller import Caller
from booking.dynamodb.errors import Contended
from booking.dynamodb.transaction import Transaction


def cancel_booking(caller: Caller, booking_id: str, now: datetime, *, reason: str | None = None) -> Booking:
    """The booking, cancelled; its time is free or booked for who waits for it. Cancelling twice is no error.

    The first one's `reason` stays. Raises `BookingNotFound`, `Forbidden`, `BookingHasExpired`, `SlotStarted`,
    `NoLongerChangeable`.
    """
    booking = retrying_free(lambda: _cancel(caller, booking_id, reason, now))
    return finish_promotions(booking, now)


def _cancel(caller: Caller, booking_id: str, reason: str | None, now: datetime) -> Booking:
    booking = find_booking(booking_id)
    check_may_cancel(booking, caller, now)
    if booking.status is Status.CANCELLED:
        return booking
    booking = finish_promotions(booking, now)

    def compose(transaction: Transaction, leaves_some: bool) -> WhyNot:  # noqa: FBT001  # as `Compose` says
        ended = transaction.update(
            BookingItem(booking_id=booking_id),
            [
                BookingItem.status.set(Status.CANCELLED),
                BookingItem.cancelled_at.set(now),
                *([BookingItem.cancel_reason.set(reason)] if reason else []),
                *([BookingItem.frees.set(booking.slot_id)] if leaves_some else []),
                BookingItem.timer.remove(),
            ],
            condition=is_unchanged(booking),
        )
        return lambda failure: Contended() if failure.failed(ended) else None

    is_complete = free_time(freed_by(booking), compose, now)
    return replace(
        booking,
        status=Status.CANCELLED,
        cancelled_at=now,
        cancel_reason=reason or None,
        frees=None if is_complete else booking.slot_id,
    )
