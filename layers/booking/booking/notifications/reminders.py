"""Reminders: each confirmed booking is reminded once before its slot starts; and the mornings of specialists' digests.

The sweep only asks for the mail; whether the booking still stands is looked at when it is sent.
"""

from datetime import datetime, timedelta
from functools import partial

from booking.background.queues import put_on_mail_queue
from booking.background.shards import Sweep
from booking.background.sweep import Bounds, Due, Position, Report, Work, sweep
from booking.bookings.table import TimerKind, booking_of
from booking.bookings.timers import due_timers, give_up, in_slot_since, set_timer_to_expiry, slot_start
from booking.dynamodb.attributes import RawItem
from booking.notifications.digests import ask_for_digest, digest_due_since, due_digests, give_digest_up, is_digest
from booking.notifications.mail_requests import reminder_of
from booking.runtime.settings import settings
from booking.slots.rules import has_started


def remind_upcoming(now: datetime, shard: int, bounds: Bounds, after: Position | None = None) -> Report:
    """Asks for a reminder of each booking whose slot starts within the look-ahead, in a shard, and for digests.

    Counts `queued`, `too_late`, and `told`: a timer whose morning has no digest.
    """
    return sweep(_due(shard, now), Work(partial(_ask, now), _give_up), bounds, after)


def _due(shard: int, now: datetime) -> tuple[Due, Due]:
    return due_timers(TimerKind.REMIND, shard, now + _lookahead()), due_digests(shard, now)


def _due_since(raw: RawItem) -> datetime:
    """When the slot's start came within the look-ahead, or when the booking got that slot, if that was later.

    Of a digest, when its timer came.

    Two kinds of bookings look as if they had been due for longer than they were: those that a longer look-ahead
    has just taken in, and those that were moved before moves were dated (`moved_at`).
    """
    if is_digest(raw):
        return digest_due_since(raw)
    return max(slot_start(raw) - _lookahead(), in_slot_since(raw))


def _lookahead() -> timedelta:
    return timedelta(minutes=settings().reminder_lookahead_minutes)


def _ask(now: datetime, raw: RawItem) -> str:
    return ask_for_digest(now, raw) if is_digest(raw) else _remind(now, raw)


def _give_up(raw: RawItem, error: Exception) -> None:
    if is_digest(raw):
        give_digest_up(raw, error)
    else:
        give_up(TimerKind.REMIND, raw, error)


def _remind(now: datetime, raw: RawItem) -> str:
    """Asking comes first: who dies in between asks twice, and the second mail is known to be sent."""
    is_late = has_started(booking_of(raw).slot_start_at, now)
    if not is_late:
        put_on_mail_queue(reminder_of(raw).text)
    set_timer_to_expiry(raw)
    return "too_late" if is_late else "queued"


REMINDERS = Sweep(
    name="remind",
    every=lambda: timedelta(minutes=settings().reminder_sweep_minutes),
    due=_due,
    due_since=_due_since,
    work_on=remind_upcoming,
    done="queued",
    lag="reminder_lag_seconds",
)
