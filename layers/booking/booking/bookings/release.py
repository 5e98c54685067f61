"""Giving up the slot of a booking, in the write that cancels or moves it; it goes to the first who waits for it.

If anything has changed between the reads and the write, the write fails and all of it starts again.
"""

from collections.abc import Callable
from datetime import datetime

from booking.bookings.rules import Booking, new_booking
from booking.bookings.table import BookingItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.errors import StoreUnavailable
from booking.slots.claims import release, release_started
from booking.slots.errors import SlotNotFound
from booking.slots.promotion import Promotion, first_waiter, promote
from booking.slots.rules import has_started
from booking.slots.slot_id import SlotId
from booking.slots.wait_list import drop_inactive

MOST_DROPPED = 25


class FirstWaiterDropped(Exception):
    """Who was first in the wait-list had no active account and is gone from it; the next one's turn has come."""


def release_or_promote(transaction: Transaction, booking: Booking, now: datetime) -> Promotion | None:
    """The booking's slot goes to whoever is first in its wait-list, or is free if nobody waits.

    A slot that has started goes to nobody, and its wait-list ends.
    """
    slot = SlotId.parse(booking.slot_id)
    if slot is None:
        raise SlotNotFound
    if has_started(slot.start_at, now):
        release_started(transaction, slot, booking.id)
        return None
    waiter = first_waiter(slot)
    if waiter is None:
        release(transaction, slot, booking.id)
        return None
    promoted = new_booking(slot, waiter.client, waiter.service, now, from_wait_list=True)
    transaction.put(BookingItem.of_new(promoted), condition=BookingItem.booking_id.does_not_exist())
    return promote(transaction, slot, waiter, from_booking=booking.id, to_booking=promoted.id)


def why_not_released(failure: TransactionCanceled, promotion: Promotion | None) -> Exception:
    """The reason to start again. Whose account is not active is dropped from the wait-list before."""
    if promotion is None or not failure.failed(promotion.is_active):
        return Contended()
    drop_inactive(promotion.slot, promotion.waiter)
    return FirstWaiterDropped()


def retrying_release[R](attempt: Callable[[], R]) -> R:
    """Runs `attempt` again while somebody else writes in between, and for who is next in the wait-list, both bounded.

    Raises `StoreUnavailable` when the attempts are used up; who was dropped from the wait-list by then stays dropped.
    """
    return retrying_contention(lambda: _with_next_waiter(attempt))


def _with_next_waiter[R](attempt: Callable[[], R]) -> R:
    for _ in range(MOST_DROPPED):
        try:
            return attempt()
        except FirstWaiterDropped:
            continue
    raise StoreUnavailable
