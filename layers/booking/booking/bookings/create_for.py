"""Booking for somebody without an account, who has called or stands at the counter."""

from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import sha256

from booking.accounts.guests import guest_id_of
from booking.bookings.create import Wish, book
from booking.bookings.rules import Booking
from booking.caller import GUEST_PREFIX, Caller, Role, is_staff
from booking.errors import Forbidden
from booking.runtime.ids import new_id
from booking.slots.errors import SlotNotFound
from booking.slots.rules import Client
from booking.slots.slot_id import SlotId


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody without an account; `email` is in its stored form (`booking.accounts.addresses`)."""

    name: str
    email: str | None
    phone: str | None
    locale: str

    def as_client(self) -> Client:
        """The guest that has this address; somebody new if there is none. Raises `StoreUnavailable`."""
        guest_id = guest_id_of(self.email) if self.email else new_id(GUEST_PREFIX)
        return Client(guest_id, self.email, self.locale, self.name, self.phone)

    @property
    def digest(self) -> str:
        """What repeats of a request are known by, which names nobody."""
        return sha256(repr(astuple(self)).encode()).hexdigest()


def create_booking_for(caller: Caller, contact: Contact, wish: Wish, now: datetime) -> Booking:
    """A confirmed booking for the contact, made by the slot's specialist or an admin, whom no notice binds.

    Who has an address is mailed a link as a guest is; who has none is a guest of this booking only. Raises `Forbidden`,
    and what `create_booking` raises but `TooManyOpenHolds`.
    """
    if caller.role is Role.CLIENT:
        raise Forbidden
    slot = SlotId.parse(wish.slot_id)
    if slot is None:
        raise SlotNotFound
    if not is_staff(caller, slot.specialist_id):
        raise Forbidden
    client = contact.as_client()
    return book(caller, wish, wish.text(contact.digest), client, now, guest_id=client.id)
