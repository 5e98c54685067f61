"""Expiry: a confirmed booking whose slot has started ends, and its slot's wait-list with it.

What it took of hour records stays taken: the appointment takes place.
"""

from datetime import datetime, timedelta
from functools import partial

from booking.background.sweep import Sweep, Work
from booking.bookings.errors import SlotOutOfStep
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


def _grace() -> timedelta:
    """How long after its slot's start a booking is due."""
    return timedelta(minutes=settings().booking_expire_after_start_minutes)


def _work(kind: TimerKind) -> Work:
    return Work(
        due=lambda shard, now: due_timers(kind, shard, now - _grace()),
        due_since=lambda raw: slot_start(raw) + _grace(),
        do=_expire,
        give_up=partial(give_up, TimerKind.EXPIRE),
    )


def _expire(now: datetime, raw: RawItem) -> str:
    """`expired`, or `skipped` where somebody else was faster."""
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
    work=[_work(TimerKind.EXPIRE), _work(TimerKind.REMIND)],  # one that was never reminded expires all the same
    done="expired",
    lag="expiry_lag_seconds",
    counter="bookings_expired",
)
