"""What becomes of the calendar of a specialist who is erased."""

from collections.abc import Sequence
from itertools import batched

from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Step, TransactionCanceled
from booking.dynamodb.queries import query_items
from booking.dynamodb.transaction import MOST_WRITES, Transaction
from booking.slots.table import SlotItem
from booking.specialists.table import PROFILE_KEY, CalendarItem


def erase_calendar(specialist_id: str) -> None:
    """Deletes all of it but the profile, and slots that are booked: those are closed for when they become free.

    A booked slot says nothing but times and ids.
    """
    found = query_items(CalendarItem, specialist_id, None, consistent=True)
    for some in batched((raw for raw in found if raw["sk"]["S"] != PROFILE_KEY), MOST_WRITES, strict=False):
        _erase(some)


def _erase(items: Sequence[RawItem]) -> None:
    """All of them at once, but slots that were booked, or became free, since they were read."""
    while items:
        transaction = Transaction()
        steps = [_erase_in(transaction, raw) for raw in items]
        try:
            retrying_contention(transaction.commit)
        except TransactionCanceled as failure:
            items = [raw for raw, step in zip(items, steps, strict=True) if not failure.failed(step)]
        else:
            return


def _erase_in(transaction: Transaction, raw: RawItem) -> Step:
    item = SlotItem(specialist_id=raw["specialist_id"]["S"], sk=raw["sk"]["S"])
    if "booking_id" not in raw:
        return transaction.delete(item, condition=SlotItem.booking_id.does_not_exist())
    closing = [SlotItem.closed.set(True)]  # the attribute's value
    return transaction.update(item, closing, condition=SlotItem.booking_id.exists())
