"""The API with one of its guarantees taken out. The checker must find what this does.

Serves the routers against the tables that the environment names: `python -m tests.consistency.broken_app BUG PORT`.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from unittest import mock

import uvicorn

from booking.bookings import change, create
from booking.dynamodb.errors import Step
from booking.dynamodb.transaction import Transaction
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem, slot_key
from booking.slots.wait_list_table import WaitListItem
from infra.app import create_app


def take_regardless(transaction: Transaction, slot: SlotId, booking_id: str, client_id: str, now: datetime) -> Step:
    """As `take`, without "if nobody holds it"."""
    return transaction.update(
        SlotItem(specialist_id=slot.specialist_id, sk=slot_key(slot.start_at)),
        [SlotItem.booking_id.set(booking_id), SlotItem.client_id.set(client_id)],
        condition=SlotItem.slot_id == slot.text,
    )


def last_in_line(slot_id: str) -> WaitListItem | None:
    """As `first_in_line`, from the wrong end."""
    line = WaitListItem.by_joined.query(slot_id, consistent_read=True, scan_index_forward=False, limit=1)
    return next(iter(line), None)


BUGS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "double-booking": lambda: mock.patch.object(create, "take", take_regardless),
    "wrong-order": lambda: mock.patch.object(change, "first_in_line", last_in_line),
}


if __name__ == "__main__":
    with BUGS[sys.argv[1]]():
        uvicorn.run(create_app(), port=int(sys.argv[2]), log_level="warning", proxy_headers=False)
