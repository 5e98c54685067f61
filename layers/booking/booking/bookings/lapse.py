"""Lapse: a booking whose hold has ended without being confirmed ends, and its time is free, or the first waiter's."""

from datetime import datetime, timedelta
from functools import partial

from booking.background.sweep import Sweep, Work
from booking.bookings.end import BookingChanged, end_booking
from booking.bookings.free_time import finish_promotions, retrying_free
from booking.bookings.rules import Booking, Status
from booking.bookings.table import TimerKind, booking_of
from booking.bookings.timers import due_holds, give_up
from booking.dynamodb.attributes import RawItem
from booking.runtime.clock import from_stored

GRACE = timedelta(seconds=5)
"""After a hold's end, so that a confirmation that came before it, and waits for its turn, is written first."""
_EVERY = timedelta(minutes=1)


def _lapse(now: datetime, raw: RawItem) -> str:
    """`lapsed`, or `skipped` where it was confirmed or cancelled meanwhile.

    A booking that is not held any more is one for which an earlier run had more to promote than it came to.
    """
    booking: Booking | None = booking_of(raw)
    if booking and booking.status is Status.HELD:
        booking = retrying_free(partial(_ended, booking, now))
    if booking is None:
        return "skipped"
    finish_promotions(booking, now)
    return "lapsed"


def _ended(booking: Booking, now: datetime) -> Booking | None:
    try:
        return end_booking(booking, Status.EXPIRED, now)
    except BookingChanged:
        return None


LAPSES = Sweep(
    name="lapse",
    every=lambda: _EVERY,
    work=[
        Work(
            due=lambda shard, now: due_holds(shard, now - GRACE),
            due_since=lambda raw: from_stored(raw["hold_expires_at"]["S"]) + GRACE,
            do=_lapse,
            give_up=partial(give_up, TimerKind.LAPSE),
        )
    ],
    done="lapsed",
    counter="holds_lapsed",
    lag="lapse_lag_seconds",
    delays=(0, 30),
)
