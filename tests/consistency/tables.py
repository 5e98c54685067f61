"""What is stored when everything has come to rest: the tables, read past the API."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

SETTLED_AFTER_SECONDS = 1.0
SETTLES_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class StoredSlot:
    """A slot; `booking` and `client` are who holds it."""

    id: str
    specialist: str
    start: datetime
    end: datetime
    booking: str | None = None
    client: str | None = None
    waiters: int = 0


@dataclass(frozen=True)
class StoredBooking:
    """A booking."""

    id: str
    slot: str
    client: str
    specialist: str
    status: str
    created_at: datetime
    cancelled_at: datetime | None = None
    moves: int = 0
    has_timer: bool = True
    from_wait_list: bool = False

    @property
    def is_confirmed(self) -> bool:
        return self.status == "confirmed"


@dataclass(frozen=True)
class StoredEntry:
    """A place in a line."""

    slot: str
    client: str
    joined_at: datetime


@dataclass(frozen=True)
class StoredDay:
    """The stretches of a specialist's day that are taken, as the day's record has them."""

    specialist: str
    day: str
    taken: frozenset[tuple[datetime, datetime]]


@dataclass
class Tables:
    """Everything that the guarantees are about."""

    slots: list[StoredSlot] = field(default_factory=list)
    bookings: list[StoredBooking] = field(default_factory=list)
    entries: list[StoredEntry] = field(default_factory=list)
    days: list[StoredDay] = field(default_factory=list)


def read_at_rest(dynamodb: Any, outputs: Mapping[str, str]) -> Tables:
    """The tables once nothing changes in them any more."""
    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    seen = read(dynamodb, outputs)
    while time.monotonic() < deadline:
        time.sleep(SETTLED_AFTER_SECONDS)
        again = read(dynamodb, outputs)
        if again == seen:
            return seen
        seen = again
    raise TimeoutError("the tables do not come to rest")


def read(dynamodb: Any, outputs: Mapping[str, str]) -> Tables:
    """The tables as they are."""
    tables = Tables()
    for item in _items(dynamodb, outputs["CalendarTableName"]):
        if item["sk"].startswith("slot#"):
            tables.slots.append(_slot(item))
        elif item["sk"].startswith("day#"):
            tables.days.append(_day(item))
    tables.bookings = [_booking(item) for item in _items(dynamodb, outputs["BookingsTableName"])]
    tables.entries = [_entry(item) for item in _items(dynamodb, outputs["WaitlistTableName"])]
    return tables


def _items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    read_value = TypeDeserializer().deserialize
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            yield {name: read_value(value) for name, value in item.items()}


def _slot(item: Mapping[str, Any]) -> StoredSlot:
    return StoredSlot(
        id=item["slot_id"],
        specialist=item["specialist_id"],
        start=_instant(item["start_at"]),
        end=_instant(item["end_at"]),
        booking=item.get("booking_id"),
        client=item.get("client_id"),
        waiters=int(item.get("waiters", 0)),
    )


def _day(item: Mapping[str, Any]) -> StoredDay:
    pairs = (text.split("/") for text in item.get("taken", ()))
    taken = frozenset((_instant(start), _instant(end)) for start, end in pairs)
    return StoredDay(item["specialist_id"], item["sk"].removeprefix("day#"), taken)


def _booking(item: Mapping[str, Any]) -> StoredBooking:
    return StoredBooking(
        id=item["booking_id"],
        slot=item["slot_id"],
        client=item["client_id"],
        specialist=item["specialist_id"],
        status=item["status"],
        created_at=_instant(item["created_at"]),
        cancelled_at=_instant(item["cancelled_at"]) if "cancelled_at" in item else None,
        moves=int(item.get("sequence", 0)),
        has_timer="timer" in item,
        from_wait_list=bool(item.get("from_wait_list", False)),
    )


def _entry(item: Mapping[str, Any]) -> StoredEntry:
    return StoredEntry(item["slot_id"], item["client_id"], _instant(item["joined_at"]))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
