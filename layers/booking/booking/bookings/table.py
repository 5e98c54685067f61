"""The bookings table."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from booking.bookings.rules import Attendance, Booking, Status
from booking.dynamodb.attributes import EnumAttribute, InstantAttribute, RawItem
from booking.dynamodb.items import GlobalIndex, shared_names
from booking.runtime.clock import to_stored
from booking.runtime.ids import timer_shard_of
from booking.runtime.settings import settings
from booking.slots.table import ClientItem, client_attributes

OF_CLIENT = ("client_email", "client_name", "client_phone", "guest_id", "note")
"""The attributes of a booking that tell who its client is, from the start."""
PERSONAL = (*OF_CLIENT, "client_locale", "cancel_reason", "payment_ref")
"""All that a booking loses when its client is erased: also what people have written, whoever it was."""


class TimerKind(StrEnum):
    """What an open booking's timer is for: the end of its hold; once it is confirmed, its reminder, then its end."""

    LAPSE = "lapse"
    REMIND = "remind"
    EXPIRE = "expire"


class ByClient(GlobalIndex["BookingItem"]):
    """A client's bookings, by slot start."""

    client_id = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class BySpecialist(GlobalIndex["BookingItem"]):
    """A specialist's bookings, by slot start."""

    specialist_id = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class Timers(GlobalIndex["BookingItem"]):
    """What the sweeps wait for: confirmed bookings by the kind of their timer and slot start.

    Sparse: a booking that has ended carries no timer and is not in it, so that a sweep's cost follows
    what is due, never what is stored.
    """

    timer = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class Holds(GlobalIndex["BookingItem"]):
    """What the sweep of holds waits for: held bookings by the instant at which their hold ends. Sparse as well."""

    timer = UnicodeAttribute(hash_key=True)
    hold_expires_at = InstantAttribute(range_key=True)


class BookingItem(ClientItem):
    """A booking as it is stored; everybody but this package knows it as `Booking`.

    `starts` is the slot's start and the booking's id, so that lists by start have one order. `timer` is
    the next timer's kind and a shard.
    """

    class Meta:
        table_name = settings().bookings_table

    booking_id = UnicodeAttribute(hash_key=True)
    slot_id = UnicodeAttribute()
    client_id = UnicodeAttribute()
    guest_id = UnicodeAttribute(null=True)
    from_wait_list = BooleanAttribute(default=False)
    specialist_id = UnicodeAttribute()
    status = EnumAttribute(Status)
    slot_start_at = InstantAttribute()
    slot_end_at = InstantAttribute()
    created_at = InstantAttribute()
    changeable_until = InstantAttribute(null=True)
    note = UnicodeAttribute(null=True)
    cancelled_at = InstantAttribute(null=True)
    cancel_reason = UnicodeAttribute(null=True)
    attendance = EnumAttribute(Attendance, null=True)
    hold_expires_at = InstantAttribute(null=True)
    confirmed_at = InstantAttribute(null=True)
    payment_ref = UnicodeAttribute(null=True)
    moved_at = InstantAttribute(null=True)
    sequence = NumberAttribute(default=0)
    frees = UnicodeAttribute(null=True)
    starts = UnicodeAttribute()
    timer = UnicodeAttribute(null=True)

    by_client = ByClient()
    by_specialist = BySpecialist()
    timers = Timers()
    holds = Holds()

    @classmethod
    def of_new(cls, booking: Booking) -> Self:
        """The item of a booking that has just been made; its first timer is its hold's, else the reminder's."""
        first_timer = lapse_timer if booking.status is Status.HELD else reminder_timer
        return cls(
            booking_id=booking.id,
            starts=starts_key(booking.slot_start_at, booking.id),
            timer=first_timer(booking.id),
            **{name: getattr(booking, name) for name in _OF_BOOKING}
            | client_attributes(booking.client, booking.service),
        )

    def to_booking(self) -> Booking:
        """The booking that is stored here."""
        return Booking(
            id=self.booking_id,
            client=self.client(),
            service=self.service(),
            **{name: getattr(self, name) for name in _OF_BOOKING} | {"changeable_until": self._changeable_until()},
        )

    def _changeable_until(self) -> datetime:
        """Bookings of earlier releases can be changed until they start."""
        told: datetime | None = self.changeable_until
        return self.slot_start_at if told is None else told

    def client_list_key(self) -> Mapping[str, str]:
        """The item's key in its client's list."""
        return {"booking_id": self.booking_id, "client_id": self.client_id, "starts": self.starts}

    def specialist_list_key(self) -> Mapping[str, str]:
        """The item's key in its specialist's list."""
        return {
            "booking_id": self.booking_id,
            "specialist_id": self.specialist_id,
            "starts": self.starts,
        }


_OF_BOOKING = shared_names(BookingItem, Booking)


def booking_of(image: RawItem) -> Booking:
    """The booking that an item of the table, or of its stream, holds."""
    return BookingItem.from_old(image).to_booking()


def is_unchanged(booking: Booking) -> Condition:
    """Nobody has moved or ended the booking, or taken it over, since it was read."""
    unchanged: Condition = (BookingItem.status == booking.status) & (BookingItem.slot_id == booking.slot_id)
    unchanged &= BookingItem.client_id == booking.client_id
    return unchanged


def forget_person() -> list[Action]:
    """The booking stays without its client."""
    return [Path(name).remove() for name in PERSONAL]


def without_person(image: RawItem) -> RawItem:
    """The same of an item as it is stored."""
    return {name: value for name, value in image.items() if name not in PERSONAL}


def starts_key(slot_start_at: datetime, booking_id: str) -> str:
    """Where a booking stands in lists by slot start."""
    return f"{to_stored(slot_start_at)}#{booking_id}"


def timer_key(kind: TimerKind, shard: int) -> str:
    """A partition of the timers."""
    return f"{kind}#{shard}"


def lapse_timer(booking_id: str) -> str:
    """The timer of a booking that is held."""
    return timer_key(TimerKind.LAPSE, timer_shard_of(booking_id))


def reminder_timer(booking_id: str) -> str:
    """The timer of a booking that has not been reminded."""
    return timer_key(TimerKind.REMIND, timer_shard_of(booking_id))


def expiry_timer(booking_id: str) -> str:
    """The timer of a booking that only its end is still to come for."""
    return timer_key(TimerKind.EXPIRE, timer_shard_of(booking_id))
