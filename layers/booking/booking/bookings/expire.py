"""Expiry: a confirmed booking whose slot has started ends, and its slot's wait-list with it.

What it took of hour records stays taken: the appointment takes place.
"""

from datetime import datetime, timedelta
from functools import partial

from booking.background.shards import Sweep
from booking.background.sweep import Bounds, Due, Position, Report, Work, sweep
from booking.bookings.rules import Status
from booking.bookings.table import BookingItem, TimerKind
from booking.bookings.timers import due_timers, give_up, slot_start
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.runtime.settings import settings
from booking.slots.ids import SlotId
from booking.slots.table import release_started


class SlotOutOfStep(Exception):
    """The booking says that it holds the slot, and the slot does not know of it."""


def expire_started(now: datetime, shard: int, bounds: Bounds, after: Position | None = None) -> Report:
    """Expires what is due in a shard and counts `expired` and `skipped` (somebody else was faster).

    A booking is due from its slot's start, or `BOOKING_EXPIRE_AFTER_START_MINUTES` later.
    """
    return sweep(_due(shard, now), Work(partial(_expire, now), partial(give_up, TimerKind.EXPIRE)), bounds, after)


def _due(shard: int, now: datetime) -> tuple[Due, ...]:
    """Timers of both kinds: a booking that was never reminded expires all the same."""
    return tuple(due_timers(kind, shard, now - _grace()) for kind in (TimerKind.EXPIRE, TimerKind.REMIND))


def _due_since(raw: RawItem) -> datetime:
    return slot_start(raw) + _grace()


def _grace() -> timedelta:
    return timedelta(minutes=settings().booking_expire_after_start_minutes)


def _expire(now: datetime, raw: RawItem) -> str:
    booking = BookingItem.from_old(raw)
    slot = SlotId.parse(booking.slot_id)
    if slot is None:
        raise SlotOutOfStep(booking.slot_id)
    transaction = Transaction()
    ended = transaction.update(
        BookingItem(booking_id=booking.booking_id),
        [
            BookingItem.status.set(Status.EXPIRED),
            BookingItem.cancelled_at.set(now),
            BookingItem.timer.remove(),
        ],
        condition=(BookingItem.status == Status.CONFIRMED) & (BookingItem.slot_id == booking.slot_id),
    )
    if not slot.from_hours:
        release_started(transaction, slot, booking.booking_id)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if failure.failed(ended):
            return "skipped"
        raise SlotOutOfStep(booking.slot_id) from failure
    return "expired"


EXPIRY = Sweep(
    name="expire",
    every=lambda: timedelta(minutes=settings().expiry_sweep_minutes),
    due=_due,
    due_since=_due_since,
    work_on=expire_started,
    done="expired",
    lag="expiry_lag_seconds",
    counter="bookings_expired",
)
