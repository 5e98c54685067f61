"""The wait-list table: a client is in the wait-list of a slot at most once.

Who needs time of hour records (`SlotId.minutes_for`) has a place in a line as well: an item that puts
everybody who waits for some time of a specialist's UTC day in the order of joining, whatever their slots.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, LocalSecondaryIndex

from booking.dynamodb.attributes import InstantAttribute
from booking.dynamodb.items import GlobalIndex
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds, to_stored
from booking.runtime.settings import settings
from booking.slots.ids import EntryId, SlotId
from booking.slots.rules import Client, WaitListEntry
from booking.slots.table import ClientItem, client_attributes


class ByJoined(LocalSecondaryIndex["WaitListItem"]):
    """A slot's wait-list in its order. A local index, because who is first must be read consistently."""

    class Meta:
        index_name = "by_joined"
        projection = AllProjection()

    slot_id = UnicodeAttribute(hash_key=True)
    joined_at = InstantAttribute(range_key=True)


class ByClient(GlobalIndex["WaitListItem"]):
    """A client's entries, for its list."""

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


class LineItem(ClientItem):
    """A place in the line of a specialist's day; without the keys of the table's indexes, so that it is in none.

    The table's keys have their names from the wait-list's entries: here `slot_id` is the line, `client_id` the place.
    """

    class Meta:
        table_name = settings().waitlist_table

    slot_id = UnicodeAttribute(hash_key=True)
    client_id = UnicodeAttribute(range_key=True)
    waiter_id = UnicodeAttribute()
    wanted_slot_id = UnicodeAttribute()
    since = InstantAttribute()
    expires_at = NumberAttribute()

    @classmethod
    def at(cls, slot: SlotId, client_id: str, joined_at: datetime, **attributes: Any) -> Self:
        """The item at that client's place: its key, and what else is given."""
        place = f"{to_stored(joined_at)}#{client_id}#{slot.text}"
        return cls(slot_id=line_key(slot.specialist_id, slot.start_at.date()), client_id=place, **attributes)

    @classmethod
    def of(cls, slot: SlotId, entry: WaitListEntry) -> Self:
        """The item of an entry."""
        client = {**client_attributes(entry.client, entry.service), "waiter_id": entry.client.id}
        del client["client_id"]
        return cls.at(
            slot,
            entry.client.id,
            entry.created_at,
            wanted_slot_id=slot.text,
            since=entry.created_at,
            expires_at=epoch_seconds(slot.start_at),
            **client,
        )

    def client(self) -> Client:
        """Who waits."""
        return self.client_with_id(self.waiter_id)

    def to_waiter(self) -> tuple[SlotId, WaitListEntry]:
        """The entry that has this place, and its slot."""
        slot = SlotId.parse(self.wanted_slot_id)
        if slot is None:
            raise ValueError(f"no slot's id: {self.wanted_slot_id}")
        entry_id = EntryId(slot, self.waiter_id).text
        return slot, WaitListEntry(entry_id, slot.text, self.client(), self.service(), self.since)


def line_key(specialist_id: str, day: date) -> str:
    """The line of everybody who waits for a slot that starts on that UTC day."""
    return f"{specialist_id}#{day.isoformat()}"


def delete_entry(transaction: Transaction, slot: SlotId, entry: WaitListEntry) -> None:
    """The entry ends, if it is still the one that was read, and so does its place in the line."""
    transaction.delete(
        WaitListItem(slot_id=slot.text, client_id=entry.client.id), condition=WaitListItem.joined_at == entry.created_at
    )
    if slot.minutes_for(entry.service):
        place = LineItem.at(slot, entry.client.id, entry.created_at)
        transaction.delete(place, condition=LineItem.slot_id.exists())
