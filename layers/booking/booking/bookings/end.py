"""Ending a booking before its time: what it took is free, or booked for who waits for it, in the same write."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pynamodb.expressions.update import Action

from booking.bookings.free_time import WhyNot, free_time, freed_by
from booking.bookings.rules import Booking, Status
from booking.bookings.table import BookingItem, is_unchanged
from booking.dynamodb.errors import Contended
from booking.dynamodb.transaction import Transaction


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
