"""The items of slots and their days, and the parts of transactions that claim and release a slot.

Nobody else writes who holds a slot, but `booking.slots.promotion` and `promotion_plan`, where it goes from one booking
to the next, and `booking.bookings.take_over`, where a guest becomes an account. What bookings and wait-list entries say
of client and service is here, too (`ClientItem`).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from booking.caller import Locale
from booking.dynamodb.attributes import InstantAttribute, RawItem
from booking.dynamodb.errors import Step
from booking.dynamodb.items import Item
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.runtime.clock import from_stored, to_stored
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound, SlotStarted
from booking.slots.ids import SlotId
from booking.slots.rules import Client, Slot, has_started
from booking.specialists.rules import BookedService
from booking.specialists.table import CalendarItem

SLOT_KEY_PREFIX = "slot#"


class ClientItem(Item):
    """The base of bookings and wait-list entries; what the service was called and what it cost stay as they were."""

    client_id: UnicodeAttribute
    client_email = UnicodeAttribute(null=True)
    client_locale = UnicodeAttribute(default=str(Locale.EN))
    client_name = UnicodeAttribute(null=True)
    client_phone = UnicodeAttribute(null=True)
    service_id = UnicodeAttribute(null=True)
    service_title = UnicodeAttribute(null=True)
    service_price = UnicodeAttribute(null=True)
    service_currency = UnicodeAttribute(null=True)
    service_minutes = NumberAttribute(null=True)
    service_buffer_before = NumberAttribute(null=True)
    service_buffer_after = NumberAttribute(null=True)

    def client(self) -> Client:
        """Whose item it is."""
        return self.client_with_id(self.client_id)

    def client_with_id(self, client_id: str) -> Client:
        """The same for an item that keeps the client's id elsewhere."""
        return Client(client_id, self.client_email, self.client_locale, self.client_name, self.client_phone)

    def service(self) -> BookedService | None:
        """What it is for, if for a certain service."""
        if not self.service_id:
            return None
        price = Decimal(self.service_price) if self.service_price else None
        minutes = int(self.service_minutes) if self.service_minutes else None
        return BookedService(
            self.service_id,
            self.service_title,
            price,
            self.service_currency,
            minutes,
            int(self.service_buffer_before or 0),
            int(self.service_buffer_after or 0),
        )


def client_attributes(client: Client, service: BookedService | None) -> dict[str, Any]:
    """The attributes of an item for that client and that service."""
    attributes = {
        "client_id": client.id,
        "client_email": client.email,
        "client_locale": str(client.locale),
        "client_name": client.name,
        "client_phone": client.phone,
    }
    if service is None:
        return attributes
    return attributes | {
        "service_id": service.id,
        "service_title": service.title,
        "service_price": None if service.price is None else f"{service.price:.2f}",
        "service_currency": service.currency,
        "service_minutes": service.minutes,
        "service_buffer_before": service.buffer_before_minutes or None,
        "service_buffer_after": service.buffer_after_minutes or None,
    }


class SlotItem(CalendarItem):
    """A slot: who holds it (`booking_id`, `client_id`, both or neither) and how many wait for it.

    `joins` rises with everybody who joins: one who leaves and one who comes leave `waiters` as it was.
    `closed` is set on a booked slot whose specialist is deactivated: once it is free, it is withdrawn. `claimed` says
    that its minutes stand in hour records, as those of slots do not that an earlier release has opened.
    """

    slot_id = UnicodeAttribute()
    start_at = InstantAttribute()
    end_at = InstantAttribute()
    booking_id = UnicodeAttribute(null=True)
    client_id = UnicodeAttribute(null=True)
    waiters = NumberAttribute(default=0)
    joins = NumberAttribute(null=True)
    closed = BooleanAttribute(null=True)
    claimed = BooleanAttribute(null=True)

    @classmethod
    def at(cls, slot: SlotId, **attributes: Any) -> Self:
        """The item at the slot's place: its key, and what else is given."""
        return cls(specialist_id=slot.specialist_id, sk=slot_key(slot.start_at), **attributes)

    @classmethod
    def found(cls, slot: SlotId, old: RawItem | None) -> Self | None:
        """What stands at the slot's place if that is still the slot; None if it was deleted, or replaced by another."""
        item = cls.from_old(old) if old else None
        return item if item and item.slot_id == slot.text else None

    @property
    def is_withdrawn(self) -> bool:
        """Whether the slot counts as gone for everybody: it is closed, and nobody's booking any more."""
        return bool(self.closed) and not self.booking_id

    def to_slot(self) -> Slot:
        """The slot as clients see it."""
        return Slot(self.slot_id, self.specialist_id, self.start_at, self.end_at, self.booking_id is not None)


class DayItem(CalendarItem):
    """The stretches of a UTC day that slots take up.

    `version` rises with each change, so that two writers who have seen the same day cannot both change
    it: this is what keeps slots apart that are opened at the same moment.
    """

    taken = UnicodeSetAttribute(null=True)
    version = NumberAttribute(default=0)

    def intervals(self) -> list[tuple[datetime, datetime]]:
        """Start and end of each slot of the day."""
        pairs = (text.split("/") for text in self.taken or ())
        return [(from_stored(start), from_stored(end)) for start, end in pairs]


IS_NOT_WITHDRAWN = SlotItem.closed.does_not_exist() | SlotItem.booking_id.exists()


def slot_key(start_at: datetime) -> str:
    """The sort key of a slot: slots of one specialist never overlap, so the start names it."""
    return f"{SLOT_KEY_PREFIX}{to_stored(start_at)}"


def day_key(day: date) -> str:
    """The sort key of a day's record."""
    return f"day#{day.isoformat()}"


def interval_text(slot: SlotId) -> str:
    """How a slot stands in its day's record."""
    return f"{to_stored(slot.start_at)}/{to_stored(slot.end_at)}"


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
