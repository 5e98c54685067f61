"""The timers of confirmed bookings, as the sweeps read them."""

from collections.abc import Iterator
from datetime import datetime

from booking.platform.clock import to_stored
from booking.platform.dead_letters import send_dead_letter
from booking.platform.store import RawItem, update
from booking.platform.sweep import Due
from booking.reservations.table import TIMER_SHARDS, BookingItem, Timers, timer_key

REMIND = "remind"
EXPIRE = "expire"


def due_timers(errand: str, until: datetime) -> Iterator[Due]:
    """The timers of an errand whose slot starts at `until` or before, shard by shard."""
    within = BookingItem.starts < f"{to_stored(until)}~"
    for shard in range(TIMER_SHARDS):
        yield Due(BookingItem, Timers.Meta.index_name, timer_key(errand, shard), within)


def park(errand: str, item: RawItem, error: Exception) -> None:
    """Takes a booking that cannot be worked on out of the timers and into the dead-letter queue."""
    booking_id = item["booking_id"]["S"]
    content = {"booking_id": booking_id, "timer": item["timer"]["S"]}
    send_dead_letter(f"sweep.{errand}", f"{type(error).__name__}: {error}", content)
    update(BookingItem(booking_id=booking_id), [BookingItem.timer.remove()])
