"""The API with one of its guarantees taken out. The checker must find what this does.

Serves the routers against the tables that the environment names: `python -m tests.consistency.broken_app BUG PORT`.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from unittest import mock

import uvicorn
from pynamodb.expressions.update import Action

from booking.bookings import confirm, create, erase, free_time
from booking.bookings.table import BookingItem
from booking.dynamodb.errors import Step
from booking.dynamodb.items import Item, update
from booking.dynamodb.transaction import Transaction
from booking.slots import hours
from booking.slots.hours import abandon_minutes
from booking.slots.ids import SlotId
from booking.slots.minutes import Minutes
from booking.slots.promotion import Promotion
from booking.slots.table import SlotItem
from booking.slots.wait_list_table import WaitListItem
from booking.specialists.opening_hours import OpeningHours
from booking.specialists.rules import BookedService
from infra.app import create_app


def claim_regardless(transaction: Transaction, slot: SlotId, booking_id: str, client_id: str, now: datetime) -> Step:
    """As `claim`, without "if nobody holds it"."""
    return transaction.update(
        SlotItem.at(slot),
        [SlotItem.booking_id.set(booking_id), SlotItem.client_id.set(client_id)],
        condition=SlotItem.slot_id == slot.text,
    )


def last_waiter(slot: SlotId) -> Promotion | None:
    """As `first_waiter`, from the wrong end."""
    found = WaitListItem.by_joined.query(slot.text, consistent_read=True, scan_index_forward=False, limit=1)
    return next((Promotion(slot, item.to_entry(), slot.start_at) for item in found), None)


_minutes_for = SlotId.minutes_for


def minutes_without_buffers(slot: SlotId, _: BookedService | None) -> Minutes:
    """As `SlotId.minutes_for`, without the service."""
    return _minutes_for(slot, None)


def instant_by_standard_time(opening_hours: OpeningHours, day: date, minute: int) -> datetime:
    """As `_instant`, with the zone's standard offset all year round."""
    local = datetime.combine(day, time(), opening_hours.time_zone)
    standard = (local.utcoffset() or timedelta()) - (local.dst() or timedelta())
    return local.replace(tzinfo=UTC) + timedelta(minutes=minute) - standard


def update_regardless(item: Item, actions: Sequence[Action], **_: object) -> Item:
    """As `update`, without any condition."""
    return update(item, actions)


def forget_the_note() -> list[Action]:
    """As `forget_person`, and nothing but that."""
    return [BookingItem.note.remove()]


BUGS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "double-booking": lambda: mock.patch.object(create, "claim", claim_regardless),
    "confirmed-regardless": lambda: mock.patch.object(confirm, "update", update_regardless),
    "wrong-order": lambda: mock.patch.object(free_time, "first_waiter", last_waiter),
    "no-buffers": lambda: mock.patch.object(SlotId, "minutes_for", minutes_without_buffers),
    "taken-minutes-ignored": lambda: mock.patch.object(hours, "_are_free", return_value=None),
    "unconditional-release": lambda: mock.patch.object(free_time, "release_minutes", abandon_minutes),
    "guests-without-limit": lambda: mock.patch.object(create, "MOST_OPEN_HOLDS_OF_GUEST", 100),
    "erased-by-half": lambda: mock.patch.object(erase, "forget_person", forget_the_note),
    "standard-time": lambda: mock.patch.object(OpeningHours, "_instant", instant_by_standard_time),
}


if __name__ == "__main__":
    with BUGS[sys.argv[1]]():
        uvicorn.run(create_app(), port=int(sys.argv[2]), log_level="warning", proxy_headers=False)
