"""Cancelling a booking, and whatever else ends one before its time.

What it took is free, or booked for who waits for it, in the same write.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pynamodb.expressions.update import Action

from booking.bookings.free_time import WhyNot, finish_promotions, free_time, freed_by, retrying_free
from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, Status, as_seen_by, check_may_cancel
from booking.bookings.table import BookingItem, is_unchanged
from booking.caller import Caller, Guest
from booking.dynamodb.errors import Contended
from booking.dynamodb.transaction import Transaction


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


class BookingChanged(Contended):
    """It is not as it was read: somebody else has confirmed, moved or ended it."""


def end_booking(
    booking: Booking, status: Status, now: datetime, *, reason: str | None = None, also: Sequence[Action] = ()
) -> Booking:
    """The booking as it ended, if it still was as it was read; one attempt, for `retrying_free`.

    What is to change of it in the same write is given as `also`.

    If more is to be promoted than one write holds, `frees` says so, and a lapsed one keeps its timer, so that the next
    sweep comes to it again. Raises `BookingChanged`, `Contended`, `WaiterDropped`.
    """

    def compose(transaction: Transaction, leaves_some: bool) -> WhyNot:  # noqa: FBT001  # as `Compose` says
        keeps_timer = leaves_some and status is Status.EXPIRED
        ended = transaction.update(
            BookingItem(booking_id=booking.id),
            [
                BookingItem.status.set(status),
                BookingItem.cancelled_at.set(now),
                BookingItem.attendance.remove(),
                *([BookingItem.cancel_reason.set(reason)] if reason else []),
                *([BookingItem.frees.set(booking.slot_id)] if leaves_some else []),
                *([] if keeps_timer else [BookingItem.timer.remove()]),
                *also,
            ],
            condition=is_unchanged(booking),
        )
        return lambda failure: BookingChanged() if failure.failed(ended) else None

    is_complete = free_time(freed_by(booking), compose, now)
    return replace(
        booking,
        status=status,
        cancelled_at=now,
        cancel_reason=reason or None,
        attendance=None,
        frees=None if is_complete else booking.slot_id,
    )
