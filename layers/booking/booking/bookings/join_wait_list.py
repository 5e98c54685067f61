"""Waiting for a slot that somebody else has."""

from datetime import datetime

from booking.bookings.rules import OPEN
from booking.bookings.table import BookingItem
from booking.caller import Caller
from booking.dynamodb.queries import query_all
from booking.runtime.clock import to_stored
from booking.slots import wait_list
from booking.slots.errors import HoldsSlot, SlotNotFound
from booking.slots.ids import SlotId
from booking.slots.rules import WaitListEntry


def join_wait_list(caller: Caller, slot_id: str, now: datetime, *, service_id: str | None = None) -> WaitListEntry:
    """The last place in the wait-list of a slot that is taken, for one of its specialist's services if one is named.

    Raises `SlotNotFound`, `SlotStarted`, `SlotTooSoon`, `SlotIsAvailable`, `HoldsSlot`, `AlreadyWaiting`,
    `ServiceNotFound`, `ServiceNotOffered`, `ServiceLongerThanSlot`.
    """
    slot = SlotId.parse(slot_id)
    if slot is None:
        raise SlotNotFound
    if slot.from_hours and _holds(caller.user_id, slot):
        raise HoldsSlot
    return wait_list.join(caller, slot, service_id, now)


def _holds(client_id: str, slot: SlotId) -> bool:
    """Hour records do not say whose booking takes their minutes; a hand-opened slot's item does."""
    then = BookingItem.starts.startswith(f"{to_stored(slot.start_at)}#")
    bookings = query_all(BookingItem.by_client, client_id, then)
    return any(item.slot_id == slot.text and item.status in OPEN for item in bookings)
