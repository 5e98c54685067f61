"""Promotion: a slot that becomes free goes to the first of its wait-list, in the write that frees it."""

from dataclasses import dataclass

from booking.accounts.table import IS_ACTIVE, UserItem
from booking.dynamodb.errors import Step
from booking.dynamodb.queries import query_first
from booking.dynamodb.transaction import Transaction
from booking.slots.rules import WaitListEntry
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem
from booking.slots.wait_list_table import WaitListItem


@dataclass(frozen=True, slots=True)
class Promotion:
    """The slot goes to `waiter`, if the step `is_active` finds the account active."""

    slot: SlotId
    waiter: WaitListEntry
    is_active: Step


def first_waiter(slot: SlotId) -> WaitListEntry | None:
    """Who is next for the slot, as of now."""
    item = query_first(WaitListItem.by_joined, slot.text, consistent=True)
    return item.to_entry() if item else None


def promote(
    transaction: Transaction, slot: SlotId, waiter: WaitListEntry, *, from_booking: str, to_booking: str
) -> Promotion:
    """The slot leaves one booking, goes to the waiter's, and the waiter leaves the wait-list.

    `waiter` is who was first when the caller looked. If that is no longer so, the write fails, and so it does if the
    waiter's account is not active.
    """
    transaction.update(
        SlotItem.at(slot),
        [
            SlotItem.booking_id.set(to_booking),
            SlotItem.client_id.set(waiter.client.id),
            SlotItem.waiters.set(SlotItem.waiters - 1),
        ],
        condition=(SlotItem.booking_id == from_booking) & (SlotItem.waiters >= 1),
    )
    transaction.delete(
        WaitListItem(slot_id=slot.text, client_id=waiter.client.id),
        condition=WaitListItem.joined_at == waiter.created_at,
    )
    return Promotion(slot, waiter, transaction.check(UserItem(user_id=waiter.client.id), IS_ACTIVE))
