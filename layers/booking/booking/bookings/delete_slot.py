"""Deleting a hand-opened slot: its time is free for whoever waits for some of it."""

from datetime import datetime

from booking.bookings.free_time import WhyNot, free_time, promote_rest, retrying_free
from booking.caller import Caller
from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.slots.days import days_of, minutes_alone
from booking.slots.delete import delete_in, why_not_deleted
from booking.slots.errors import SlotNotFound
from booking.slots.promotion_plan import Freed
from booking.slots.rules import has_started
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem, slot_key


def delete_slot(caller: Caller, slot_id: str, now: datetime) -> None:
    """Raises `SlotNotFound` (someone else's slot, too), `BookedSlot`."""
    slot = SlotId.parse(slot_id)
    if slot is None or slot.from_hours or slot.specialist_id != caller.specialist_id:
        raise SlotNotFound
    freed, is_complete = retrying_free(lambda: _delete(slot, now))
    if not is_complete:
        promote_rest(freed, now)


def _delete(slot: SlotId, now: datetime) -> tuple[Freed, bool]:
    item = get(SlotItem, slot.specialist_id, slot_key(slot.start_at), consistent=True)
    if item is None or item.slot_id != slot.text:
        raise SlotNotFound
    days = days_of(slot)
    # The appointment of a slot that has started may be taking place: what it takes stays taken.
    gives_back = item.claimed and not has_started(slot.start_at, now)
    freed = Freed(slot.specialist_id, minutes_alone(slot, days) if gives_back else {}, unavailable_slot=slot)

    def compose(transaction: Transaction, _: bool) -> WhyNot:  # noqa: FBT001  # as `Compose` says
        deleted, *changed = delete_in(transaction, slot, days)
        return lambda failure: why_not_deleted(slot, failure, deleted, changed)

    return freed, free_time(freed, compose, now)
