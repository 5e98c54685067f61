"""The wait-list table: a client is in the wait-list of a slot at most once."""

from collections.abc import Mapping

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex

from booking.dynamodb.attributes import InstantAttribute
from booking.runtime.clock import to_stored
from booking.runtime.settings import settings
from booking.slots.client_item import ClientItem
from booking.slots.rules import WaitListEntry


class ByJoined(LocalSecondaryIndex["WaitListItem"]):
    """A slot's wait-list in its order. A local index, because who is first must be read consistently."""

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


class WaitListItem(ClientItem):
    """A client's place in a wait-list. It ends with the slot's start: `expires_at` lets it be deleted then."""

    class Meta:
        table_name = settings().waitlist_table

    slot_id = UnicodeAttribute(hash_key=True)
    client_id = UnicodeAttribute(range_key=True)
    entry_id = UnicodeAttribute()
    joined_at = InstantAttribute()
    expires_at = NumberAttribute()

    by_joined = ByJoined()
    by_client = ByClient()

    def to_entry(self) -> WaitListEntry:
        """The entry as its client sees it."""
        return WaitListEntry(self.entry_id, self.slot_id, self.client(), self.service(), self.joined_at)

    def client_list_key(self) -> Mapping[str, str]:
        """The item's key in a client's list."""
        return {
            "slot_id": self.slot_id,
            "client_id": self.client_id,
            "joined_at": to_stored(self.joined_at),
        }
