"""Reminders: each confirmed booking is reminded once before its slot starts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial

from booking.background.shards import Sweep
from booking.background.sweep import Bounds, Due, Position, Report, Work, sweep
from booking.bookings.calendar_file import to_icalendar
from booking.bookings.rules import Booking
from booking.bookings.table import TimerKind, booking_of
from booking.bookings.timers import (
    due_timers,
    give_up,
    in_slot_since,
    reminder_is_due,
    set_timer_to_expiry,
    slot_start,
)
from booking.caller import Locale
from booking.dynamodb.attributes import RawItem
from booking.notifications.delivery import Delivery, deliver_once
from booking.notifications.mail import Recipient, send_mail
from booking.notifications.messages import Audience, Occasion, compose
from booking.runtime.settings import settings
from booking.slots.rules import has_started
from booking.specialists.profiles import find_profile
from booking.specialists.table import ProfileItem


def remind_upcoming(now: datetime, shard: int, bounds: Bounds, after: Position | None = None) -> Report:
    """Reminds whose slot starts within the look-ahead, in a shard.

    Counts `reminded`, `sent_before`, `unwanted` (cancelled or moved meanwhile), `withheld` and `too_late`.
    """
    find = cache(find_profile)  # a specialist's profile is read once per run
    return sweep(_due(shard, now), Work(partial(_remind, now, find), partial(give_up, TimerKind.REMIND)), bounds, after)


def _due(shard: int, now: datetime) -> tuple[Due]:
    return (due_timers(TimerKind.REMIND, shard, now + _lookahead()),)


def _due_since(raw: RawItem) -> datetime:
    """When the slot's start came within the look-ahead, or when the booking got that slot, if that was later.

    Two kinds of bookings look as if they had been due for longer than they were: those that a longer look-ahead
    has just taken in, and those that were moved before moves were dated (`moved_at`).
    """
    return max(slot_start(raw) - _lookahead(), in_slot_since(raw))


def _lookahead() -> timedelta:
    return timedelta(minutes=settings().reminder_lookahead_minutes)


def _remind(now: datetime, find: Callable[[str], ProfileItem | None], raw: RawItem) -> str:
    booking = booking_of(raw)
    if has_started(booking.slot_start_at, now):
        set_timer_to_expiry(raw)
        return "too_late"
    send = partial(_send, booking, find(booking.specialist_id), now)
    delivery = deliver_once(_key(booking), send, now, while_holds=reminder_is_due(raw))
    if delivery is Delivery.UNWANTED:
        return delivery
    set_timer_to_expiry(raw)
    return "reminded" if delivery is Delivery.SENT else delivery


def _send(booking: Booking, specialist: ProfileItem | None, now: datetime) -> None:
    message = compose(Occasion.REMINDER, Audience.CLIENT, Locale(booking.client.locale), booking, specialist)
    recipient = Recipient(booking.client.email, Audience.CLIENT)
    send_mail(_key(booking), recipient, message, to_icalendar(booking, specialist, now), now)


def _key(booking: Booking) -> str:
    """Names the reminder; a booking that was moved is reminded anew."""
    return f"reminder#{booking.id}#{booking.sequence}"


REMINDERS = Sweep(
    name="remind",
    queue_url=lambda: settings().reminder_queue_url,
    every=lambda: timedelta(minutes=settings().reminder_sweep_minutes),
    due=_due,
    due_since=_due_since,
    work_on=remind_upcoming,
    done="reminded",
    counter="reminders_sent",
    lag="reminder_lag_seconds",
)
