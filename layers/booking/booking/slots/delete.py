"""Deleting a slot that nobody holds."""

from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, Step, TransactionCanceled
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
    retrying_contention(lambda: _delete(slot))


def delete_in(transaction: Transaction, slot: SlotId) -> Step:
    """Makes the end of a slot that nobody holds part of the write; the step is the slot's own."""
    deleted = transaction.delete(
        SlotItem.at(slot), condition=(SlotItem.slot_id == slot.text) & SlotItem.booking_id.does_not_exist()
    )
    for day in days_of(slot):
        change_day(transaction, day, DayItem.taken.delete({interval_text(slot)}))
    return deleted


def _delete(slot: SlotId) -> None:
    transaction = Transaction()
    deleted = delete_in(transaction, slot)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if not failure.failed(deleted):
            raise Contended from failure
        raise (BookedSlot if SlotItem.found(slot, failure.old(deleted)) else SlotNotFound) from None
