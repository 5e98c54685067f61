"""Deleting a slot that nobody holds."""

from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.slots.days import change_day, days_of
from booking.slots.errors import BookedSlot, SlotNotFound
from booking.slots.slot_id import SlotId
from booking.slots.table import DayItem, SlotItem, interval_text


def delete_slot(caller: Caller, slot_id: str) -> None:
    """Raises `SlotNotFound` (someone else's slot, too), `BookedSlot`."""
    slot = SlotId.parse(slot_id)
    if slot is None or slot.specialist_id != caller.specialist_id:
        raise SlotNotFound
    retrying_contention(lambda: delete_free(slot))


def delete_free(slot: SlotId) -> None:
    """One attempt. Raises `SlotNotFound`, `BookedSlot`, `Contended`."""
    transaction = Transaction()
    deleted = transaction.delete(
        SlotItem.at(slot), condition=(SlotItem.slot_id == slot.text) & SlotItem.booking_id.does_not_exist()
    )
    for day in days_of(slot):
        change_day(transaction, day, DayItem.taken.delete({interval_text(slot)}))
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if not failure.failed(deleted):
            raise Contended from failure
        raise (BookedSlot if SlotItem.found(slot, failure.old(deleted)) else SlotNotFound) from None
