"""The bookings table."""

import zlib
from collections.abc import Mapping
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from booking.bookings.rules import Booking, Status
from booking.caller import Locale
from booking.dynamodb.attributes import InstantAttribute
from booking.dynamodb.items import Item
from booking.runtime.clock import to_stored
from booking.runtime.settings import settings

TIMER_SHARDS = 4
BOOKING_PREFIX = "bkg"


class ByClient(GlobalSecondaryIndex["BookingItem"]):
    """A client's bookings, by slot start."""

    class Meta:
        index_name = "by_client"
        projection = AllProjection()

    client_id = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class BySpecialist(GlobalSecondaryIndex["BookingItem"]):
    """A specialist's bookings, by slot start."""

    class Meta:
        index_name = "by_specialist"
        projection = AllProjection()

    specialist_id = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class Timers(GlobalSecondaryIndex["BookingItem"]):
    """What the sweeps wait for: confirmed bookings by next errand and slot start.

    Sparse: a booking that has ended carries no timer and is not in it, so that a sweep's cost follows
    what is due, never what is stored.
    """

    class Meta:
        index_name = "timers"
        projection = AllProjection()

    timer = UnicodeAttribute(hash_key=True)
    starts = UnicodeAttribute(range_key=True)


class BookingItem(Item):
    """A booking.

    `starts` is the slot's start and the booking's id, so that lists by start have one order. `timer` is
    the next errand (`remind` or `expire`) and a shard. `sequence` counts its moves (RFC 5545, 3.8.7.4),
    `moved_at` is when the last of them was. What the service was called and what it cost are kept as they were.
    """

    class Meta:
        table_name = settings().bookings_table

    booking_id = UnicodeAttribute(hash_key=True)
    slot_id = UnicodeAttribute()
    client_id = UnicodeAttribute()
    client_email = UnicodeAttribute()
    client_locale = UnicodeAttribute(default=Locale.EN.value)
    from_wait_list = BooleanAttribute(default=False)
    specialist_id = UnicodeAttribute()
    service_id = UnicodeAttribute(null=True)
    service_title = UnicodeAttribute(null=True)
    service_price = UnicodeAttribute(null=True)
    service_minutes = NumberAttribute(null=True)
    status = UnicodeAttribute()
    slot_start_at = InstantAttribute()
    slot_end_at = InstantAttribute()
    created_at = InstantAttribute()
    cancelled_at = InstantAttribute(null=True)
    cancel_reason = UnicodeAttribute(null=True)
    moved_at = InstantAttribute(null=True)
    sequence = NumberAttribute(default=0)
    starts = UnicodeAttribute()
    timer = UnicodeAttribute(null=True)

    by_client = ByClient()
    by_specialist = BySpecialist()
    timers = Timers()

    def to_booking(self) -> Booking:
        """The booking as the rules see it."""
        return Booking(
            id=self.booking_id,
            slot_id=self.slot_id,
            client_id=self.client_id,
            client_email=self.client_email,
            specialist_id=self.specialist_id,
            service_id=self.service_id,
            status=Status(self.status),
            slot_start_at=self.slot_start_at,
            slot_end_at=self.slot_end_at,
            created_at=self.created_at,
            cancelled_at=self.cancelled_at,
            cancel_reason=self.cancel_reason,
        )

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


def starts_key(slot_start_at: datetime, booking_id: str) -> str:
    """Where a booking stands in lists by slot start."""
    return f"{to_stored(slot_start_at)}#{booking_id}"


def timer_key(errand: str, shard: int) -> str:
    """A partition of the timers."""
    return f"{errand}#{shard}"


def reminder_timer(booking_id: str) -> str:
    """The timer of a booking that has not been reminded."""
    return timer_key("remind", _shard(booking_id))


def expiry_timer(booking_id: str) -> str:
    """The timer of a booking that only its end is still to come for."""
    return timer_key("expire", _shard(booking_id))


def _shard(booking_id: str) -> int:
    return zlib.crc32(booking_id.encode()) % TIMER_SHARDS
