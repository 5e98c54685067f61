"""Bookings as they are stored when they are due, made past the API; imported once the environment is set."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.bookings.rules import new_booking
from booking.bookings.table import BookingItem, TimerKind, expiry_timer, timer_key
from booking.caller import SPECIALIST_PREFIX, USER_PREFIX, Locale
from booking.runtime.ids import new_id
from booking.slots.ids import SlotId
from booking.slots.rules import Client
from booking.slots.table import SlotItem

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Stored:
    """A booking and the hand-opened slot that it holds."""

    booking: BookingItem
    slot: SlotItem


def booked(start: datetime, now: datetime, specialist_id: str | None = None, client_id: str | None = None) -> Stored:
    """A booking that waits for its reminder; of a specialist and a client of its own, unless somebody is named."""
    slot = SlotId.new(specialist_id or new_id(SPECIALIST_PREFIX), start, start + QUARTER)
    client = Client(client_id or new_id(USER_PREFIX), "a@example.com", Locale.EN)
    booking = BookingItem.of_new(new_booking(slot, client, None, now))
    held = SlotItem.at(
        slot, slot_id=slot.text, start_at=slot.start_at, end_at=slot.end_at, booking_id=booking.booking_id
    )
    return Stored(booking, held)


def started(count: int, now: datetime, shard: int | None = None) -> Iterator[Stored]:
    """Bookings whose slots have just started, reminded before; in one shard, or where their ids lead them."""
    for _ in range(count):
        made = booked(now - QUARTER, now)
        of_id = expiry_timer(made.booking.booking_id)
        made.booking.timer = of_id if shard is None else timer_key(TimerKind.EXPIRE, shard)
        yield made
