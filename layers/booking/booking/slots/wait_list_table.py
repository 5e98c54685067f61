"""The wait-list table: a line per slot, in which a client stands at most once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex

from booking.caller import Locale
from booking.dynamodb.attributes import InstantAttribute
from booking.dynamodb.items import Item
from booking.runtime.clock import to_stored
from booking.runtime.settings import settings


@dataclass(frozen=True, slots=True)
class WaitListEntry:
    """A client's place in the line for a slot; the line is ordered by `created_at`."""

    id: str
    slot_id: str
    client_id: str
    service_id: str | None
    created_at: datetime


class ByJoined(LocalSecondaryIndex["WaitListItem"]):
    """A slot's line in its order. A local index, because who is first must be read consistently."""

    class Meta:
        index_name = "by_joined"
        projection = AllProjection()

    slot_id = UnicodeAttribute(hash_key=True)
    joined_at = InstantAttribute(range_key=True)


class ByClient(GlobalSecondaryIndex["WaitListItem"]):
    """A client's entries, for its list."""

    class Meta:
        index_name = "by_client"
        projection = AllProjection()

    client_id = UnicodeAttribute(hash_key=True)
    joined_at = InstantAttribute(range_key=True)


class WaitListItem(Item):
    """A client's place in a line. It ends with the slot's start: `expires_at` lets it be deleted then.

    What the service was called and what it cost are kept as they were at joining, for the promoted booking.
    """

    class Meta:
        table_name = settings().waitlist_table

    slot_id = UnicodeAttribute(hash_key=True)
    client_id = UnicodeAttribute(range_key=True)
    entry_id = UnicodeAttribute()
    client_email = UnicodeAttribute()
    client_locale = UnicodeAttribute(default=Locale.EN.value)
    joined_at = InstantAttribute()
    expires_at = NumberAttribute()
    service_id = UnicodeAttribute(null=True)
    service_title = UnicodeAttribute(null=True)
    service_price = UnicodeAttribute(null=True)
    service_minutes = NumberAttribute(null=True)

    by_joined = ByJoined()
    by_client = ByClient()

    def to_entry(self) -> WaitListEntry:
        """The entry as its client sees it."""
        return WaitListEntry(self.entry_id, self.slot_id, self.client_id, self.service_id, self.joined_at)

    def client_list_key(self) -> Mapping[str, str]:
        """The item's key in a client's list."""
        return {
            "slot_id": self.slot_id,
            "client_id": self.client_id,
            "joined_at": to_stored(self.joined_at),
        }
