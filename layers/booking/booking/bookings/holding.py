"""Taking a slot and giving it back: the parts that every change of a reservation is made of.

Each function adds its writes to a transaction that somebody else commits.
"""

from dataclasses import dataclass
from datetime import datetime

from booking.accounts.table import IS_ACTIVE, UserItem
from booking.bookings.errors import SlotAlreadyBooked
from booking.bookings.rules import Status
from booking.bookings.table import BOOKING_PREFIX, BookingItem, reminder_timer, starts_key
from booking.caller import Caller, Locale, Role
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.errors import Step
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.runtime.ids import new_id
from booking.slots.errors import SlotNotFound, SlotStarted
from booking.slots.rules import has_started
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem, slot_key
from booking.slots.wait_list_table import WaitListItem
from booking.specialists.rules import Service
from booking.specialists.services import as_kept


@dataclass(frozen=True, slots=True)
class Promotion:
    """The slot goes to `waiter`, if the step `is_active` finds the account active."""

    slot: SlotId
    waiter: WaitListItem
    is_active: Step


def new_booking(slot: SlotId, client: Caller, service: Service | None, now: datetime) -> BookingItem:
    """A confirmed booking of the slot, not yet written."""
    booking_id = new_id(BOOKING_PREFIX)
    return BookingItem(
        booking_id=booking_id,
        slot_id=slot.text,
        client_id=client.user_id,
        client_email=client.email,
        client_locale=client.locale.value,
        specialist_id=slot.specialist_id,
        status=Status.CONFIRMED.value,
        slot_start_at=slot.start_at,
        slot_end_at=slot.end_at,
        created_at=now,
        starts=starts_key(slot.start_at, booking_id),
        timer=reminder_timer(booking_id),
        **as_kept(service),
    )


def take(transaction: Transaction, slot: SlotId, booking_id: str, client_id: str, now: datetime) -> Step:
    """The slot becomes the booking's, if it is there, free, not started, and its specialist is not deactivated."""
    return transaction.update(
        _slot_item(slot),
        [SlotItem.booking_id.set(booking_id), SlotItem.client_id.set(client_id)],
        condition=(SlotItem.slot_id == slot.text)
        & SlotItem.booking_id.does_not_exist()
        & SlotItem.closed.does_not_exist()
        & (SlotItem.start_at > now),
    )


def why_not_taken(slot: SlotId, old: RawItem | None, now: datetime) -> BookingError:
    """Tells by the slot's old item why `take` failed."""
    found = SlotItem.from_old(old) if old else None
    if found is None or found.slot_id != slot.text:
        return SlotNotFound()
    if has_started(found.start_at, now):
        return SlotStarted()
    if found.closed and not found.booking_id:
        return SlotNotFound()
    return SlotAlreadyBooked()


def is_held_by(booking_id: str, old: RawItem | None) -> bool:
    """Tells by the slot's old item whether `take` failed because a repeat of the same request was faster."""
    found = SlotItem.from_old(old) if old else None
    return found is not None and found.booking_id == booking_id


def free_or_hand_over(
    transaction: Transaction,
    slot: SlotId,
    booking_id: str,
    waiter: WaitListItem | None,
    now: datetime,
) -> Promotion | None:
    """The slot leaves the booking and goes to whoever is first in line, in the same write.

    `waiter` is who was first when the caller looked; if that is no longer so, the write fails, and so it does if the
    waiter's account is not active. A slot that has started goes to nobody, and its line ends.
    """
    if has_started(slot.start_at, now):
        free_for_good(transaction, slot, booking_id)
        return None
    if waiter is None:
        transaction.update(
            _slot_item(slot),
            [SlotItem.booking_id.remove(), SlotItem.client_id.remove()],
            condition=(SlotItem.booking_id == booking_id)
            & (SlotItem.waiters.does_not_exist() | (SlotItem.waiters == 0)),
        )
        return None
    return _hand_over(transaction, slot, booking_id, waiter, now)


def free_for_good(transaction: Transaction, slot: SlotId, booking_id: str) -> Step:
    """The slot leaves the booking, its line ends, and nobody is promoted: it lies in the past."""
    return transaction.update(
        _slot_item(slot),
        [SlotItem.booking_id.remove(), SlotItem.client_id.remove(), SlotItem.waiters.remove()],
        condition=SlotItem.booking_id == booking_id,
    )


def _hand_over(
    transaction: Transaction, slot: SlotId, booking_id: str, waiter: WaitListItem, now: datetime
) -> Promotion:
    client = Caller(waiter.client_id, Role.CLIENT, waiter.client_email, Locale(waiter.client_locale))
    promoted = new_booking(slot, client, None, now)
    promoted.from_wait_list = True
    promoted.service_id, promoted.service_title = waiter.service_id, waiter.service_title
    promoted.service_price, promoted.service_minutes = waiter.service_price, waiter.service_minutes
    transaction.update(
        _slot_item(slot),
        [
            SlotItem.booking_id.set(promoted.booking_id),
            SlotItem.client_id.set(promoted.client_id),
            SlotItem.waiters.set(SlotItem.waiters - 1),
        ],
        condition=(SlotItem.booking_id == booking_id) & (SlotItem.waiters >= 1),
    )
    transaction.put(promoted, condition=BookingItem.booking_id.does_not_exist())
    transaction.delete(
        WaitListItem(slot_id=waiter.slot_id, client_id=waiter.client_id),
        condition=WaitListItem.joined_at == waiter.joined_at,
    )
    return Promotion(slot, waiter, transaction.check(UserItem(user_id=waiter.client_id), IS_ACTIVE))


def _slot_item(slot: SlotId) -> SlotItem:
    return SlotItem(specialist_id=slot.specialist_id, sk=slot_key(slot.start_at))
