"""What is stored, as the guarantees speak of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from booking.runtime.settings import settings
from tests.interleavings.expressions import StoredItem
from tests.interleavings.store import Snapshot

_VERSIONS = {"version", "joins"}
_COUNTS = {"waiting", "waiters"}
_OF_EMPTY_HOURS = {"specialist_id", "sk", "expires_at"}

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
        return {row["slot_id"]: row for row in self.calendar("slot") if "slot_id" in row}

    @cached_property
    def hours(self) -> Mapping[str, Row]:
        """Hour records, by their hour: `2030-03-01T09`."""
        return {row["sk"].partition("#")[2]: row for row in self.calendar("slot") if "slot_id" not in row}

    @cached_property
    def bookings(self) -> Mapping[str, Row]:
        """By id."""
        return {row["booking_id"]: row for row in self._rows(settings().bookings_table)}

    @cached_property
    def open_bookings(self) -> Sequence[Row]:
        """Bookings that have their slot: held and confirmed ones."""
        return [row for row in self.bookings.values() if is_open(row)]

    @cached_property
    def entries(self) -> Sequence[Row]:
        """Places in wait-lists, in the order of joining."""
        found = [row for row in self._rows(settings().waitlist_table) if "entry_id" in row]
        return sorted(found, key=lambda row: str(row["joined_at"]))

    @cached_property
    def places(self) -> Sequence[Row]:
        """Places in the lines of days."""
        return [row for row in self._rows(settings().waitlist_table) if "entry_id" not in row]

    @cached_property
    def profile(self) -> Row:
        """The one specialist's; a client who was erased has what keeps others from making one."""
        profiles = self.calendar("profile")
        return next((profile for profile in profiles if "erased" not in profile), profiles[0])

    @cached_property
    def active(self) -> set[str]:
        """The accounts that are active."""
        return {user_id for user_id, row in self.accounts.items() if row["is_active"]}

    @cached_property
    def accounts(self) -> Mapping[str, Row]:
        """By id."""
        return {row["user_id"]: row for row in self._rows(settings().users_table) if "email" in row}

    @cached_property
    def emails(self) -> Mapping[str, str]:
        """The accounts' addresses, by their ids."""
        return {row["user_id"]: row["email"] for row in self._rows(settings().users_table) if "email" in row}

    @cached_property
    def claims(self) -> Mapping[str, str]:
        """Who claims an address, by the claim's key."""
        return {row["user_id"]: row["holder"] for row in self._rows(settings().users_table) if "holder" in row}

    @property
    def is_specialist_erased(self) -> bool:
        """Then its calendar says nothing any more."""
        return "erased" in self.profile

    def calendar(self, kind: str) -> list[Row]:
        """The calendar's items of a kind (`"slot"`, `"day"`)."""
        return [row for row in self._rows(settings().calendar_table) if row["sk"].partition("#")[0] == kind]

    def _rows(self, table: str) -> list[Row]:
        return [_row(item) for item in self.snapshot[table].values()]


def is_open(booking: Row) -> bool:
    """Whether nobody else may have the booking's slot."""
    return booking["status"] in {"held", "confirmed"}


def comparable(snapshot: Snapshot) -> list[str]:
    """What is stored, without what may differ where nothing does: versions, counts of nobody, and empty hours."""
    return [text for items in snapshot.values() for item in items.values() if (text := _text(item))]


_texts: dict[int, tuple[StoredItem, str]] = {}


def _text(item: StoredItem) -> str:
    known = _texts.get(id(item))
    if known is None:
        kept = {
            name: value for name, value in item.items() if name not in _VERSIONS and not _counts_nobody(name, value)
        }
        known = _texts[id(item)] = (item, "" if kept.keys() <= _OF_EMPTY_HOURS else json.dumps(kept, sort_keys=True))
    return known[1]


def _counts_nobody(name: str, value: Mapping[str, Any]) -> bool:
    return name in _COUNTS and float(value["N"]) == 0


def _row(item: StoredItem) -> Row:
    """Of each item once; the item is kept beside its row, so that its identity stays its own."""
    known = _decoded.get(id(item))
    if known is None:
        known = _decoded[id(item)] = (item, {name: _value(value) for name, value in item.items()})
    return known[1]
