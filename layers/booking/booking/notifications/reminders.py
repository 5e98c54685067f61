"""Reminders: each confirmed booking is reminded once before its slot starts; and the mornings of specialists' digests.

The sweep only asks for the mail; whether the booking still stands is looked at when it is sent.
"""

from datetime import datetime, timedelta
from functools import partial

from booking.background.queues import put_on_mail_queue
from booking.background.sweep import Sweep, Work
from booking.bookings.table import TimerKind, booking_of
from booking.bookings.timers import due_timers, give_up, in_slot_since, set_timer_to_expiry, slot_start
from booking.dynamodb.attributes import RawItem
from booking.notifications.digests import DIGESTS
from booking.notifications.mail_requests import reminder_of
from booking.runtime.settings import settings
from booking.slots.rules import has_started


def _lookahead() -> timedelta:
    return timedelta(minutes=settings().reminder_lookahead_minutes)


def _due_since(raw: RawItem) -> datetime:
    """When the slot's start came within the look-ahead, or when the booking got that slot, if that was later.

    Two kinds of bookings look as if they had been due for longer than they were: those that a longer look-ahead
    has just taken in, and those that were moved before moves were dated (`moved_at`).
    """
    return max(slot_start(raw) - _lookahead(), in_slot_since(raw))


def _remind(now: datetime, raw: RawItem) -> str:
    """`queued` or `too_late`. Asking comes first: who dies in between asks twice, and one mail is sent."""
    is_late = has_started(booking_of(raw).slot_start_at, now)
    if not is_late:
        put_on_mail_queue(reminder_of(raw).text)
    set_timer_to_expiry(raw)
    return "too_late" if is_late else "queued"


REMINDERS = Sweep(
    name="remind",
    every=lambda: timedelta(minutes=settings().reminder_sweep_minutes),
    work=[
        Work(
            due=lambda shard, now: due_timers(TimerKind.REMIND, shard, now + _lookahead()),
            due_since=_due_since,
            do=_remind,
            give_up=partial(give_up, TimerKind.REMIND),
        ),
        DIGESTS,
    ],
    done="queued",
    lag="reminder_lag_seconds",
)
