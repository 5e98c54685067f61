"""The end of a hand-opened slot that nobody holds, as part of a write."""

from collections.abc import Iterable, Sequence

from booking.dynamodb.errors import Contended, Step, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.slots.days import change_day
from booking.slots.errors import BookedSlot, SlotNotFound
from booking.slots.slot_id import SlotId
from booking.slots.table import DayItem, SlotItem, interval_text


def delete_in(transaction: Transaction, slot: SlotId, days: Iterable[DayItem]) -> Sequence[Step]:
    """The slot ends, if it is there and free (the first step), and leaves the days that it touches (the others).

    Its minutes are another part of the write.
    """
    deleted = transaction.delete(
        SlotItem.at(slot), condition=(SlotItem.slot_id == slot.text) & SlotItem.booking_id.does_not_exist()
    )
    leaving = DayItem.taken.delete({interval_text(slot)})
    return [deleted, *(change_day(transaction, day, leaving) for day in days)]


def why_not_deleted(
    slot: SlotId, failure: TransactionCanceled, deleted: Step, changed: Iterable[Step]
) -> Exception | None:
    """Tells by the slot's old item why `delete_in` failed; None if that is not what failed."""
    if failure.failed(deleted):
        return BookedSlot() if SlotItem.found(slot, failure.old(deleted)) else SlotNotFound()
    return Contended() if any(map(failure.failed, changed)) else None
