"""The API with one of its guarantees taken out. The checker must find what this does.

Serves the routers against the tables that the environment names: `python -m tests.consistency.broken_app BUG PORT`.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from unittest import mock

import uvicorn

from booking.bookings import create, free_time
from booking.dynamodb.errors import Step
from booking.dynamodb.transaction import Transaction
from booking.slots.promotion import Promotion
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem
from booking.slots.wait_list_table import WaitListItem
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


BUGS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "double-booking": lambda: mock.patch.object(create, "claim", claim_regardless),
    "wrong-order": lambda: mock.patch.object(free_time, "first_waiter", last_waiter),
}


if __name__ == "__main__":
    with BUGS[sys.argv[1]]():
        uvicorn.run(create_app(), port=int(sys.argv[2]), log_level="warning", proxy_headers=False)
