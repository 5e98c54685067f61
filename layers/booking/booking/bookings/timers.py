"""The timers of open bookings, as the sweeps read and change them.

A booking is read and changed here as it is stored, since what is stored may be what is broken.
"""

from contextlib import suppress
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from booking.background.queues import reason_of, send_dead_letter
from booking.background.sweep import Due
from booking.bookings.rules import Status
from booking.bookings.table import BookingItem, Holds, TimerKind, Timers, expiry_timer, timer_key
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import ConditionFailed, TransactionCanceled
from booking.dynamodb.items import update
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import from_stored, to_stored

TIMER_INDEX_KEY = ("timer", "starts", "booking_id")


def due_timers(kind: TimerKind, shard: int, until: datetime) -> Due:
    """The timers of a kind in a shard whose slot starts at `until` or before."""
    within = BookingItem.starts < f"{to_stored(until)}~"
    return Due(BookingItem, Timers.Meta.index_name, timer_key(kind, shard), within, TIMER_INDEX_KEY)


def due_holds(shard: int, until: datetime) -> Due:
    """The timers of holds in a shard that have ended at `until` or before."""
    within = BookingItem.hold_expires_at <= until
    key = ("timer", "hold_expires_at", "booking_id")
    return Due(BookingItem, Holds.Meta.index_name, timer_key(TimerKind.LAPSE, shard), within, key)


def slot_start(raw: RawItem) -> datetime:
    """When the slot of a timer's booking starts, told by the timer's key alone."""
    return from_stored(raw["starts"]["S"].partition("#")[0])


def in_slot_since(raw: RawItem) -> datetime:
    """When the booking got the slot that it has, or was confirmed there.

    Moves of earlier releases are not dated: then when it was made.
    """
    return from_stored(raw.get("moved_at", raw.get("confirmed_at", raw["created_at"]))["S"])


def set_timer_to_expiry(raw: RawItem) -> None:
    """What comes next is the booking's end, unless it was cancelled or moved since it was read."""
    read = BookingItem.from_old(raw)
    with suppress(ConditionFailed):
        update(
            BookingItem(booking_id=read.booking_id),
            [BookingItem.timer.set(expiry_timer(read.booking_id))],
            condition=(BookingItem.status == Status.CONFIRMED)
            & (BookingItem.slot_id == read.slot_id)
            & (BookingItem.timer == read.timer),
        )


def give_up(kind: TimerKind, raw: RawItem, error: Exception) -> None:
    """Makes a dead letter of the timer, and takes the booking out of this sweep's sight.

    A booking that cannot be reminded still expires. One that was moved or ended meanwhile is left alone.
    """
    booking_id, timer = raw["booking_id"]["S"], raw["timer"]["S"]
    send_dead_letter(f"sweep.{kind}", reason_of(error), {"booking_id": booking_id, "timer": timer})
    is_reminder = kind is TimerKind.REMIND
    _change_timer(
        booking_id,
        BookingItem.timer.set(expiry_timer(booking_id)) if is_reminder else BookingItem.timer.remove(),
        condition=(BookingItem.timer == timer) & (BookingItem.starts == raw["starts"]["S"]),
    )


def restore_timer(booking_id: str, timer: str) -> bool:
    """Puts a booking back where the sweep that had given it up finds it; False when there is no more to do for it."""
    is_waiting = BookingItem.status == Status.CONFIRMED
    if timer.startswith(TimerKind.LAPSE):
        is_waiting = (BookingItem.status == Status.HELD) | (
            BookingItem.frees.exists() & (BookingItem.status == Status.EXPIRED)
        )
    return _change_timer(booking_id, BookingItem.timer.set(timer), condition=is_waiting)


def _change_timer(booking_id: str, change: Action, *, condition: Condition) -> bool:
    """Whether the condition held. In a transaction, since unlike a single update it does not read the item."""
    transaction = Transaction()
    transaction.update(BookingItem(booking_id=booking_id), [change], condition=condition)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        return False
    return True
