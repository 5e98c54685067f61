"""The calendar table: all of a specialist's items in one partition, told apart by their sort key."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from booking.calendar.rules import DEFAULT_TIME_ZONE, Profile, Service, Slot
from booking.caller import Locale
from booking.platform.clock import from_stored, to_stored
from booking.platform.settings import settings
from booking.platform.store import InstantAttribute, Item

PROFILE_KEY = "profile"
SERVICE_KEY_PREFIX = "service#"
SLOT_KEY_PREFIX = "slot#"
LISTED = "listed"


class CalendarItem(Item):
    """The base of the items of this table."""

    class Meta:
        table_name = settings().calendar_table

    specialist_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    def key(self) -> Mapping[str, str]:
        """The item's key, for a page that goes on after it."""
        return {"specialist_id": self.specialist_id, "sk": self.sk}


class Profiles(GlobalSecondaryIndex["ProfileItem"]):
    """Specialists in the order of their creation, for the public list."""

    class Meta:
        index_name = "profiles"
        projection = AllProjection()

    listed = UnicodeAttribute(hash_key=True)
    profile_order = UnicodeAttribute(range_key=True)


class ProfileItem(CalendarItem):
    """A specialist's profile; `listed` and `profile_order` put it into the public list.

    `email` is where notifications go; it is on no page. `closed` is set while the account is deactivated.
    """

    user_id = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    display_name = UnicodeAttribute(null=True)
    description = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(default=DEFAULT_TIME_ZONE)
    locale = UnicodeAttribute(default=Locale.EN.value)
    listed = UnicodeAttribute(null=True)
    profile_order = UnicodeAttribute(null=True)
    closed = BooleanAttribute(null=True)

    profiles = Profiles()

    def to_profile(self) -> Profile:
        """The profile as clients see it."""
        return Profile(
            self.specialist_id, self.user_id, self.display_name, self.description, self.time_zone, Locale(self.locale)
        )


class ServiceItem(CalendarItem):
    """A service; `price` is stored as the text of a decimal number, exactly."""

    service_id = UnicodeAttribute()
    title = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    duration_minutes = NumberAttribute()
    price = UnicodeAttribute()
    created_at = InstantAttribute()

    def to_service(self) -> Service:
        """The service as clients see it."""
        return Service(
            id=self.service_id,
            specialist_id=self.specialist_id,
            title=self.title,
            description=self.description,
            duration_minutes=int(self.duration_minutes),
            price=Decimal(self.price),
            created_at=self.created_at,
        )


class SlotItem(CalendarItem):
    """A slot: who holds it (`booking_id`, `client_id`, both or neither) and how many wait for it.

    `closed` is set on a booked slot whose specialist is deactivated: once it is free, nobody may take it.
    """

    slot_id = UnicodeAttribute()
    start_at = InstantAttribute()
    end_at = InstantAttribute()
    booking_id = UnicodeAttribute(null=True)
    client_id = UnicodeAttribute(null=True)
    waiters = NumberAttribute(default=0)
    closed = BooleanAttribute(null=True)

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


def service_key(service_id: str) -> str:
    """The sort key of a service."""
    return f"{SERVICE_KEY_PREFIX}{service_id}"


def slot_key(start_at: datetime) -> str:
    """The sort key of a slot: slots of one specialist never overlap, so the start names it."""
    return f"{SLOT_KEY_PREFIX}{to_stored(start_at)}"


def day_key(day: date) -> str:
    """The sort key of a day's record."""
    return f"day#{day.isoformat()}"


def interval_text(start_at: datetime, end_at: datetime) -> str:
    """How a slot stands in its day's record."""
    return f"{to_stored(start_at)}/{to_stored(end_at)}"
