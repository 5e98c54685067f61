"""Reminders: each confirmed booking is reminded once before its slot starts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial

from pynamodb.expressions.condition import Condition

from booking.background.sweep import Bounds, Report, Work, sweep
from booking.bookings.calendar_file import to_icalendar
from booking.bookings.rules import Status
from booking.bookings.table import BookingItem, expiry_timer
from booking.bookings.timers import REMIND, due_timers, park, slot_start
from booking.caller import Locale
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.notifications.delivery import Delivery, deliver_once
from booking.notifications.mail import Recipient, send_mail
from booking.notifications.messages import Audience, Occasion, compose
from booking.runtime.clock import from_stored
from booking.runtime.settings import settings
from booking.slots.rules import has_started
from booking.specialists.profiles import find_profile
from booking.specialists.table import ProfileItem


def remind_upcoming(now: datetime, bounds: Bounds) -> Report:
    """Reminds whose slot starts within the look-ahead.

    Counts `reminded`, `sent_before`, `unwanted` (cancelled or moved meanwhile), `withheld` and `too_late`.
    """
    lookahead = timedelta(minutes=settings().reminder_lookahead_minutes)
    find = cache(find_profile)  # a specialist's profile is read once per sweep
    work = Work(partial(_due_since, lookahead), partial(_remind, now, find), partial(park, REMIND))
    return sweep(due_timers(REMIND, now + lookahead), work, now, bounds)


def _due_since(lookahead: timedelta, raw: RawItem) -> datetime:
    """When the slot's start came within the look-ahead, or when the booking got that slot, if that was later.

    Two kinds of bookings look as if they had been due for longer than they were: those that a longer look-ahead
    has just taken in, and those that were moved before moves were dated (`moved_at`).
    """
    held_since = from_stored(raw.get("moved_at", raw["created_at"])["S"])
    return max(slot_start(raw) - lookahead, held_since)


def _remind(now: datetime, find: Callable[[str], ProfileItem | None], raw: RawItem) -> str:
    booking = BookingItem.from_old(raw)
    if has_started(booking.slot_start_at, now):
        _set_timer_to_expiry(booking)
        return "too_late"
    delivery = deliver_once(
        _key(booking),
        partial(_send, booking, find(booking.specialist_id), now),
        now,
        while_holds=(BookingItem(booking_id=booking.booking_id), _is_still_due(booking)),
    )
    if delivery is Delivery.UNWANTED:
        return delivery.value
    _set_timer_to_expiry(booking)
    return "reminded" if delivery is Delivery.SENT else delivery.value


def _send(booking: BookingItem, specialist: ProfileItem | None, now: datetime) -> None:
    locale = Locale(booking.client_locale)
    message = compose(Occasion.REMINDER, Audience.CLIENT, locale, booking, specialist)
    recipient = Recipient(booking.client_email, Audience.CLIENT)
    send_mail(_key(booking), recipient, message, to_icalendar(booking, specialist, now), now)


def _key(booking: BookingItem) -> str:
    """Names the reminder; a booking that was moved is reminded anew."""
    return f"reminder#{booking.booking_id}#{booking.sequence}"


def _is_still_due(booking: BookingItem) -> Condition:
    """Nobody has cancelled, moved or reminded the booking since it was read."""
    still_due: Condition = (
        (BookingItem.status == Status.CONFIRMED.value)
        & (BookingItem.slot_id == booking.slot_id)
        & (BookingItem.timer == booking.timer)
    )
    return still_due


def _set_timer_to_expiry(booking: BookingItem) -> None:
    """What comes next is the booking's end, unless it was cancelled or moved meanwhile."""
    try:
        update(
            BookingItem(booking_id=booking.booking_id),
            [BookingItem.timer.set(expiry_timer(booking.booking_id))],
            condition=_is_still_due(booking),
        )
    except ConditionFailed:
        return
