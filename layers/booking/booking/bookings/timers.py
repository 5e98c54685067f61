"""The timers of confirmed bookings, as the sweeps read them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from booking.background.dead_letters import reason_of, send_dead_letter
from booking.background.sweep import Due
from booking.bookings.rules import Status
from booking.bookings.table import TIMER_SHARDS, BookingItem, Timers, expiry_timer, timer_key
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import from_stored, to_stored

REMIND = "remind"
EXPIRE = "expire"


def due_timers(errand: str, until: datetime) -> Iterator[Due]:
    """The timers of an errand whose slot starts at `until` or before, shard by shard."""
    within = BookingItem.starts < f"{to_stored(until)}~"
    for shard in range(TIMER_SHARDS):
        yield Due(BookingItem, Timers.Meta.index_name, timer_key(errand, shard), within)


def slot_start(timer: RawItem) -> datetime:
    """When the slot of a timer's booking starts, told by the timer's key alone."""
    return from_stored(timer["starts"]["S"].partition("#")[0])


def park(errand: str, item: RawItem, error: Exception) -> None:
    """Puts the errand into the dead-letter queue, and the booking out of this sweep's sight.

    A booking that cannot be reminded still expires. One that was moved or ended meanwhile is left alone.
    """
    booking_id, timer = item["booking_id"]["S"], item["timer"]["S"]
    send_dead_letter(f"sweep.{errand}", reason_of(error), {"booking_id": booking_id, "timer": timer})
    next_errand = BookingItem.timer.set(expiry_timer(booking_id)) if errand == REMIND else BookingItem.timer.remove()
    transaction = Transaction()  # unlike a single update, it does not read the item, which may be what is broken
    transaction.update(
        BookingItem(booking_id=booking_id),
        [next_errand],
        condition=(BookingItem.timer == timer) & (BookingItem.starts == item["starts"]["S"]),
    )
    with suppress(TransactionCanceled):
        retrying_contention(transaction.commit)


def restore_timer(booking_id: str, timer: str) -> bool:
    """Puts a booking back where the sweep that had given it up finds it; False when it has ended meanwhile."""
    transaction = Transaction()  # as above: the item is not read
    transaction.update(
        BookingItem(booking_id=booking_id),
        [BookingItem.timer.set(timer)],
        condition=BookingItem.status == Status.CONFIRMED.value,
    )
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        return False
    return True
