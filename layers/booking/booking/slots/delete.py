"""The end of a hand-opened slot that nobody holds, as part of a write."""

from collections.abc import Iterable

from booking.dynamodb.errors import Step, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.slots.days import change_day
from booking.slots.errors import BookedSlot, SlotNotFound
from booking.slots.slot_id import SlotId
from booking.slots.table import DayItem, SlotItem, interval_text


def delete_in(transaction: Transaction, slot: SlotId, days: Iterable[DayItem]) -> Step:
    """The slot ends, if it is there and free, and leaves the days that it touches (the step is the slot's own).

    Its minutes are another part of the write.
    """
    deleted = transaction.delete(
        SlotItem.at(slot), condition=(SlotItem.slot_id == slot.text) & SlotItem.booking_id.does_not_exist()
    )
    for day in days:
        change_day(transaction, day, DayItem.taken.delete({interval_text(slot)}))
    return deleted


def why_not_deleted(slot: SlotId, failure: TransactionCanceled, deleted: Step) -> BookingError | None:
    """Tells by the slot's old item why `delete_in` failed; None if that is not what failed."""
    if not failure.failed(deleted):
        return None
    return BookedSlot() if SlotItem.found(slot, failure.old(deleted)) else SlotNotFound()
