"""The calendar table: all of a specialist's items in one partition, told apart by their sort key."""

from collections.abc import Mapping
from decimal import Decimal

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from booking.caller import Locale
from booking.dynamodb.attributes import EnumAttribute, InstantAttribute
from booking.dynamodb.items import Item
from booking.runtime.clock import to_stored
from booking.runtime.settings import settings
from booking.specialists.rules import DEFAULT_TIME_ZONE, Profile, Service

PROFILE_KEY = "profile"
SERVICE_KEY_PREFIX = "service#"
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
    """Specialists with a name in the order of their creation, for the public list."""

    class Meta:
        index_name = "profiles"
        projection = AllProjection()

    listed = UnicodeAttribute(hash_key=True)
    profile_order = UnicodeAttribute(range_key=True)


class ProfileItem(CalendarItem):
    """A specialist's profile; `listed` and `profile_order` put it into the public list.

    It is `closed` while its account is deactivated; nothing of it can be changed then, and it is not listed.
    `email` is where notifications go; it is on no page.
    """

    user_id = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    display_name = UnicodeAttribute(null=True)
    description = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(default=DEFAULT_TIME_ZONE)
    locale = EnumAttribute(Locale, default=Locale.EN)
    listed = UnicodeAttribute(null=True)
    profile_order = UnicodeAttribute(null=True)
    closed = BooleanAttribute(null=True)

    profiles = Profiles()

    def to_profile(self) -> Profile:
        """The profile as clients see it."""
        return Profile(
            self.specialist_id, self.user_id, self.display_name, self.description, self.time_zone, self.locale
        )


class Services(GlobalSecondaryIndex["ServiceItem"]):
    """A specialist's services in the order of their creation: of this table's items only they have `created_at`."""

    class Meta:
        index_name = "services"
        projection = AllProjection()

    specialist_id = UnicodeAttribute(hash_key=True)
    created_at = InstantAttribute(range_key=True)


class ServiceItem(CalendarItem):
    """A service; `price` is stored as the text of a decimal number, exactly."""

    service_id = UnicodeAttribute()
    title = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    duration_minutes = NumberAttribute()
    price = UnicodeAttribute()
    created_at = InstantAttribute()

    services = Services()

    def list_key(self) -> Mapping[str, str]:
        """The item's key in the list of services, for a page that goes on after it."""
        return {**self.key(), "created_at": to_stored(self.created_at)}

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


def service_key(service_id: str) -> str:
    """The sort key of a service."""
    return f"{SERVICE_KEY_PREFIX}{service_id}"
