"""Taking over: a guest's booking becomes the account's that has the guest's address and has shown it to be its own.

The guest's links go on opening it, and nobody else learns of the account (`Booking.shown_client`).
"""

from booking.accounts.guests import guest_id_of
from booking.accounts.table import IS_ACTIVE, UserItem
from booking.bookings.rules import OPEN, Status
from booking.bookings.table import BookingItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import query_all
from booking.dynamodb.transaction import Transaction
from booking.slots.ids import SlotId
from booking.slots.table import SlotItem


def take_over(booking_id: str, user_id: str) -> None:
    """The booking is the account's, if it still is a guest's and was ever confirmed, and the account is active.

    Doing it again changes nothing. Raises `StoreUnavailable`.
    """
    retrying_contention(lambda: _take_over(booking_id, user_id))


def take_over_all(address: str, user_id: str) -> None:
    """The same for all bookings of the guest with that address. Raises `StoreUnavailable`."""
    for item in query_all(BookingItem.by_client, guest_id_of(address), None):
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
        condition=(BookingItem.client_id == booking.guest_id) & (BookingItem.slot_id == booking.slot_id),
    )
    slot = SlotId.parse(booking.slot_id)
    if slot and not slot.from_hours and booking.status in OPEN:
        transaction.update(
            SlotItem.at(slot), [SlotItem.client_id.set(user_id)], condition=SlotItem.booking_id == booking.id
        )
    is_active = transaction.check(UserItem(user_id=user_id), IS_ACTIVE)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if not failure.failed(is_active):
            raise Contended from None
