"""Deleting a hand-opened slot: its time is free for whoever waits for some of it."""

from datetime import datetime

from booking.bookings.free_time import WhyNot, free_time, retrying_free
from booking.caller import Caller
from booking.dynamodb.transaction import Transaction
from booking.slots.days import days_of, minutes_alone
from booking.slots.delete import delete_in, why_not_deleted
from booking.slots.errors import SlotNotFound
from booking.slots.promotion_plan import Freed
from booking.slots.slot_id import SlotId


def delete_slot(caller: Caller, slot_id: str, now: datetime) -> None:
    """Raises `SlotNotFound` (someone else's slot, too), `BookedSlot`."""
    slot = SlotId.parse(slot_id)
    if slot is None or slot.from_hours or slot.specialist_id != caller.specialist_id:
        raise SlotNotFound
    retrying_free(lambda: _delete(slot, now))


def _delete(slot: SlotId, now: datetime) -> None:
    days = days_of(slot)

    def compose(transaction: Transaction) -> WhyNot:
        deleted = delete_in(transaction, slot, days)
        return lambda failure: why_not_deleted(slot, failure, deleted)

    free_time(Freed(slot.specialist_id, minutes_alone(slot, days), claimed_slot=slot), compose, now)
