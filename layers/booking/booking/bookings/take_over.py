"""Taking over: a guest's booking becomes the account's that has the guest's address and has shown it to be its own.

The guest's links go on opening it, and nobody else learns of the account (`Booking.shown_client`).
"""

from contextlib import suppress

from booking.accounts.guests import guest_id_of
from booking.accounts.table import IS_ACTIVE, UserItem
from booking.bookings.errors import SlotOutOfStep
from booking.bookings.rules import OPEN, Status
from booking.bookings.table import BookingItem, is_unchanged
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import query_all
from booking.dynamodb.transaction import Transaction
from booking.slots.ids import SlotId
from booking.slots.table import SlotItem


def take_over(booking_id: str, user_id: str) -> None:
    """The booking is the account's, if it still is a guest's and was ever confirmed, and the account is active.

    Doing it again changes nothing. Raises `SlotOutOfStep`, `StoreUnavailable`.
    """
    retrying_contention(lambda: _take_over(booking_id, user_id))


def take_over_all(address: str, user_id: str) -> None:
    """The same for all bookings of the guest with that address. Raises `StoreUnavailable`.

    One that is out of step with its slot stays the guest's: it keeps no address from being verified.
    """
    for item in query_all(BookingItem.by_client, guest_id_of(address), None):
        with suppress(SlotOutOfStep):  # its expiry notes it
            take_over(item.booking_id, user_id)


def _take_over(booking_id: str, user_id: str) -> None:
    item = get(BookingItem, booking_id, consistent=True)
    if item is None:
        return
    booking = item.to_booking()
    if booking.client_id != booking.guest_id or booking.status is Status.HELD or booking.has_lapsed:
        return
    transaction = Transaction()
    transaction.update(
        BookingItem(booking_id=booking.id),
        [BookingItem.client_id.set(user_id)],
        condition=is_unchanged(booking),
    )
    slot = SlotId.parse(booking.slot_id)
    held = None
    if slot and not slot.from_hours and booking.status in OPEN:
        held = transaction.update(
            SlotItem.at(slot), [SlotItem.client_id.set(user_id)], condition=SlotItem.booking_id == booking.id
        )
    is_active = transaction.check(UserItem(user_id=user_id), IS_ACTIVE)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if failure.failed(is_active):
            return
        if failure.steps == [held]:  # the booking is as it was read, so nobody is under way with both
            raise SlotOutOfStep(booking.slot_id) from None
        raise Contended from None
