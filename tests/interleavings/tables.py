"""What is stored, as the guarantees speak of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from booking.runtime.settings import settings
from tests.interleavings.expressions import StoredItem
from tests.interleavings.store import Snapshot

type Row = Mapping[str, Any]

_value: Callable[[Any], Any] = TypeDeserializer().deserialize
_decoded: dict[int, tuple[StoredItem, Row]] = {}


@dataclass(frozen=True)
class Tables:
    """A snapshot's rows, by kind."""

    snapshot: Snapshot

    @cached_property
    def slots(self) -> Mapping[str, Row]:
        """Hand-opened slots, by id."""
        return {row["slot_id"]: row for row in self.calendar("slot")}

    @cached_property
    def bookings(self) -> Mapping[str, Row]:
        """By id."""
        return {row["booking_id"]: row for row in self._rows(settings().bookings_table)}

    @cached_property
    def confirmed(self) -> Sequence[Row]:
        """Bookings that stand."""
        return [row for row in self.bookings.values() if row["status"] == "confirmed"]

    @cached_property
    def entries(self) -> Sequence[Row]:
        """Places in wait-lists, in the order of joining."""
        found = [row for row in self._rows(settings().waitlist_table) if "entry_id" in row]
        return sorted(found, key=lambda row: str(row["joined_at"]))

    @cached_property
    def active(self) -> set[str]:
        """The accounts that are active."""
        return {row["user_id"] for row in self._rows(settings().users_table) if row.get("is_active")}

    def calendar(self, kind: str) -> list[Row]:
        """The calendar's items of a kind (`"slot"`, `"day"`)."""
        return [row for row in self._rows(settings().calendar_table) if row["sk"].partition("#")[0] == kind]

    def _rows(self, table: str) -> list[Row]:
        return [_row(item) for item in self.snapshot[table].values()]


def _row(item: StoredItem) -> Row:
    """Of each item once; the item is kept beside its row, so that its identity stays its own."""
    known = _decoded.get(id(item))
    if known is None:
        known = _decoded[id(item)] = (item, {name: _value(value) for name, value in item.items()})
    return known[1]
