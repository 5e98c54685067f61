"""Promotion: time that becomes free goes to who waits for it, in the write that frees it.

Here is the plain case, a hand-opened slot that needs no time beside it: it goes to the first of its wait-list. For all
others `booking.slots.promotion_plan` looks at everybody who waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from booking.accounts.table import IS_ACTIVE, UserItem
from booking.dynamodb.errors import Step
from booking.dynamodb.queries import query_first
from booking.dynamodb.transaction import Transaction
from booking.slots.hours import Hours
from booking.slots.ids import SlotId
from booking.slots.minutes import Minutes, minutes_between
from booking.slots.rules import WaitListEntry
from booking.slots.table import SlotItem
from booking.slots.wait_list_table import WaitListItem, delete_entry
from booking.specialists.services import check_offered_in


@dataclass(frozen=True, slots=True)
class Freed:
    """What a write frees of a specialist's time, and what it takes in the same moment.

    `minutes` are those of hour records, `slot` is a hand-opened one that the booking `booking_id` gives up. A booking
    that moves claims minutes (`claimed`); `read` are the records of hours in which it does both, if they were read.
    `unavailable_slot` is a hand-opened slot that other steps of the write claim or delete. `around` and `around_slot`
    are some hours, and a hand-opened slot, where somebody may wait for what an earlier write has freed.
    """

    specialist_id: str
    minutes: Minutes
    slot: SlotId | None = None
    booking_id: str | None = None
    claimed: Minutes = field(default_factory=dict)
    unavailable_slot: SlotId | None = None
    around: Sequence[datetime] = ()
    around_slot: SlotId | None = None
    read: Hours = field(default_factory=dict)

    def hours(self) -> list[datetime]:
        """Where somebody may wait for it."""
        own = minutes_between(self.slot.start_at, self.slot.end_at) if self.slot else {}
        return sorted({*self.minutes, *own, *self.around})


@dataclass(frozen=True, slots=True)
class Promotion:
    """Somebody who waited gets the slot, with a booking that can be changed until then."""

    slot: SlotId
    waiter: WaitListEntry
    changeable_until: datetime


def first_waiter(slot: SlotId) -> Promotion | None:
    """Who is next for a hand-opened slot, as of now."""
    item = query_first(WaitListItem.by_joined, slot.text, consistent=True)
    return Promotion(slot, item.to_entry(), slot.start_at) if item else None


def is_plain(promotion: Promotion) -> bool:
    """Whether the waiter needs the hand-opened slot only, and no time beside it."""
    return not promotion.slot.minutes_for(promotion.waiter.service)


def promote(transaction: Transaction, promotion: Promotion, *, from_booking: str, to_booking: str) -> Step:
    """The slot leaves one booking, goes to the waiter's, and the waiter leaves the wait-list.

    The waiter is who was first when the caller looked. If that is no longer so, the write fails, and so it does if the
    specialist or the service is not offered any more, or the account is not active (the step that is answered).
    """
    transaction.update(
        SlotItem.at(promotion.slot),
        [
            SlotItem.booking_id.set(to_booking),
            SlotItem.client_id.set(promotion.waiter.client.id),
            SlotItem.waiters.set(SlotItem.waiters - 1),
        ],
        condition=(SlotItem.booking_id == from_booking) & SlotItem.closed.does_not_exist() & (SlotItem.waiters >= 1),
    )
    if service_id := promotion.waiter.service_id:
        check_offered_in(transaction, promotion.slot.specialist_id, service_id)
    return leave_promoted(transaction, [promotion])[0]


def leave_promoted(transaction: Transaction, promotions: Sequence[Promotion]) -> list[Step]:
    """The waiters leave the wait-list, if they are still in it and their accounts are active.

    Answers for each of them the step that fails if its account is not; one client has one such step, since a
    transaction may not touch an item twice.
    """
    is_active: dict[str, Step] = {}
    for promotion in promotions:
        delete_entry(transaction, promotion.slot, promotion.waiter)
        client_id = promotion.waiter.client.id
        if client_id not in is_active:
            is_active[client_id] = transaction.check(UserItem(user_id=client_id), IS_ACTIVE)
    return [is_active[promotion.waiter.client.id] for promotion in promotions]
