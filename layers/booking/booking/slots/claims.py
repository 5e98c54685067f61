"""Who holds a slot: the parts of transactions that claim and release it.

Nobody else writes who holds a slot, but `booking.slots.promotion` and `promotion_plan`, where it goes from one booking
to the next.
"""

from datetime import datetime

from booking.dynamodb.attributes import RawItem
from booking.dynamodb.errors import Step
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound, SlotStarted
from booking.slots.rules import has_started
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem


def claim(transaction: Transaction, slot: SlotId, booking_id: str, client_id: str, now: datetime) -> Step:
    """A hand-opened slot becomes the booking's, if it is there, free, not started, and its specialist not deactivated.

    What its booking needs beside it, and all that one of a slot from hours needs, is claimed in hour records
    (`booking.slots.hours`).
    """
    return transaction.update(
        SlotItem.at(slot),
        [SlotItem.booking_id.set(booking_id), SlotItem.client_id.set(client_id)],
        condition=(SlotItem.slot_id == slot.text)
        & SlotItem.booking_id.does_not_exist()
        & SlotItem.closed.does_not_exist()
        & (SlotItem.start_at > now),
    )


def why_not_claimed(slot: SlotId, old: RawItem | None, now: datetime) -> BookingError:
    """Tells by the slot's old item why `claim` failed."""
    found = SlotItem.found(slot, old)
    if found is None or found.is_withdrawn:
        return SlotNotFound()
    if has_started(found.start_at, now):
        return SlotStarted()
    return SlotAlreadyBooked()


def is_claimed_by(booking_id: str, slot: SlotId, old: RawItem | None) -> bool:
    """Tells by the slot's old item whether `claim` failed because a repeat of the same request was faster."""
    found = SlotItem.found(slot, old)
    return found is not None and found.booking_id == booking_id


def release(transaction: Transaction, slot: SlotId, booking_id: str) -> Step:
    """The slot leaves the booking and is free, if nobody waits for it."""
    return transaction.update(
        SlotItem.at(slot),
        [SlotItem.booking_id.remove(), SlotItem.client_id.remove()],
        condition=(SlotItem.booking_id == booking_id) & (SlotItem.waiters.does_not_exist() | (SlotItem.waiters == 0)),
    )


def release_started(transaction: Transaction, slot: SlotId, booking_id: str) -> Step:
    """The slot leaves the booking, its wait-list ends, and nobody is promoted: it lies in the past."""
    return transaction.update(
        SlotItem.at(slot),
        [SlotItem.booking_id.remove(), SlotItem.client_id.remove(), SlotItem.waiters.remove()],
        condition=SlotItem.booking_id == booking_id,
    )
