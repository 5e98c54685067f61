"""What is stored when everything has come to rest: the tables, read past the API."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

SETTLED_AFTER_SECONDS = 1.0
SETTLES_WITHIN_SECONDS = 60.0
TABLES = ("Users", "Calendar", "Bookings", "Waitlist", "Ephemeral", "Metrics")
MENTION = re.compile(r"[0-9a-f]{16}@example\.com|Person [0-9a-f]{16}")
"""The address or the name of anybody in a run."""
HOUR_KEY = "slot#%Y-%m-%dT%H"
LENGTH_OF_IDS_FROM_HOURS = len("slt_THLurHg-oSaZEw1BPKs98wAGYR-NN4OiANaTpAA")


def is_from_hours(slot_id: str) -> bool:
    """Whether that is the id of a slot from opening hours: it ends without the random bytes of hand-opened ones."""
    return slot_id.startswith("slt_") and len(slot_id) == LENGTH_OF_IDS_FROM_HOURS


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
class Buffers:
    """How long before and after an appointment its specialist is not free."""

    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)


@dataclass(frozen=True)
class StoredBooking:
    """A booking; `start` and `end` are its slot's, `minutes` and `buffers` its service's."""

    id: str
    slot: str
    client: str
    specialist: str
    status: str
    created_at: datetime
    start: datetime
    end: datetime
    cancelled_at: datetime | None = None
    hold_expires_at: datetime | None = None
    moves: int = 0
    has_timer: bool = True
    from_wait_list: bool = False
    guest: str | None = None
    """Who made it without an account, also when an account has taken it over since."""
    attendance: str | None = None
    service: str | None = None
    minutes: int | None = None
    buffers: Buffers = Buffers()

    @property
    def made_by(self) -> str:
        """The client, or the guest whose it was before."""
        return self.guest or self.client

    @property
    def is_taken_over(self) -> bool:
        """Whether a guest has made it, and it is an account's since."""
        return self.guest not in {None, self.client}

    @property
    def is_open(self) -> bool:
        """Whether nobody else may have its slot."""
        return self.status in {"held", "confirmed"}

    @property
    def has_lapsed(self) -> bool:
        """Whether it was held until its hold ended."""
        return self.status == "expired" and self.hold_expires_at is not None


@dataclass(frozen=True)
class StoredEntry:
    """A wait-list entry, with its service's buffers."""

    slot: str
    client: str
    joined_at: datetime
    service: str | None = None
    buffers: Buffers = Buffers()


@dataclass(frozen=True)
class StoredPlace:
    """A wait-list entry's place in the line of a specialist's UTC day."""

    line: str
    slot: str
    client: str
    joined_at: datetime


@dataclass(frozen=True)
class StoredTimeOff:
    """Time off."""

    id: str
    specialist: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class StoredHour:
    """What is taken of a specialist's UTC hour, and how many wait for some of it, as the hour's record has it."""

    specialist: str
    hour: datetime
    taken: frozenset[int]
    waiting: int = 0


@dataclass(frozen=True)
class StoredDay:
    """The stretches of a specialist's day that are taken, as the day's record has them."""

    specialist: str
    day: str
    taken: frozenset[tuple[datetime, datetime]]


@dataclass(frozen=True, order=True)
class StoredMention:
    """That somebody's address or name stands in a table."""

    text: str
    table: str


@dataclass
class Tables:
    """Everything that the guarantees are about."""

    slots: list[StoredSlot] = field(default_factory=list)
    bookings: list[StoredBooking] = field(default_factory=list)
    entries: list[StoredEntry] = field(default_factory=list)
    days: list[StoredDay] = field(default_factory=list)
    hours: list[StoredHour] = field(default_factory=list)
    times_off: list[StoredTimeOff] = field(default_factory=list)
    places: list[StoredPlace] = field(default_factory=list)
    mentions: list[StoredMention] = field(default_factory=list)


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
            if "slot_id" in item:
                tables.slots.append(_slot(item))
            else:
                tables.hours.append(_hour(item))
        elif item["sk"].startswith("day#"):
            tables.days.append(_day(item))
        elif item["sk"].startswith("off#") and not item.get("ended"):  # it takes no time any more
            tables.times_off.append(_time_off(item))
    tables.bookings = [_booking(item) for item in _items(dynamodb, outputs["BookingsTableName"])]
    for item in _items(dynamodb, outputs["WaitlistTableName"]):
        if "wanted_slot_id" in item:
            tables.places.append(_place(item))
        else:
            tables.entries.append(_entry(item))
    tables.mentions = sorted(
        {StoredMention(text, name) for name in TABLES for text in _mentions_in(dynamodb, outputs[f"{name}TableName"])}
    )
    return tables


def _mentions_in(dynamodb: Any, table: str) -> Iterator[str]:
    for item in _items(dynamodb, table):
        yield from MENTION.findall(json.dumps(item, default=str))


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


def _hour(item: Mapping[str, Any]) -> StoredHour:
    return StoredHour(
        item["specialist_id"],
        datetime.strptime(item["sk"], HOUR_KEY).replace(tzinfo=UTC),
        frozenset(int(minute) for minute in item.get("taken", ())),
        int(item.get("waiting", 0)),
    )


def _time_off(item: Mapping[str, Any]) -> StoredTimeOff:
    return StoredTimeOff(
        item["time_off_id"], item["specialist_id"], _instant(item["start_at"]), _instant(item["end_at"])
    )


def _booking(item: Mapping[str, Any]) -> StoredBooking:
    return StoredBooking(
        id=item["booking_id"],
        slot=item["slot_id"],
        client=item["client_id"],
        specialist=item["specialist_id"],
        status=item["status"],
        created_at=_instant(item["created_at"]),
        start=_instant(item["slot_start_at"]),
        end=_instant(item["slot_end_at"]),
        cancelled_at=_instant(item["cancelled_at"]) if "cancelled_at" in item else None,
        hold_expires_at=_instant(item["hold_expires_at"]) if "hold_expires_at" in item else None,
        moves=int(item.get("sequence", 0)),
        has_timer="timer" in item,
        from_wait_list=bool(item.get("from_wait_list", False)),
        guest=item.get("guest_id"),
        attendance=item.get("attendance"),
        service=item.get("service_id"),
        minutes=int(item["service_minutes"]) if "service_minutes" in item else None,
        buffers=_buffers(item),
    )


def _entry(item: Mapping[str, Any]) -> StoredEntry:
    return StoredEntry(
        item["slot_id"], item["client_id"], _instant(item["joined_at"]), item.get("service_id"), _buffers(item)
    )


def _place(item: Mapping[str, Any]) -> StoredPlace:
    return StoredPlace(item["slot_id"], item["wanted_slot_id"], item["waiter_id"], _instant(item["since"]))


def _buffers(item: Mapping[str, Any]) -> Buffers:
    before, after = (int(item.get(f"service_buffer_{side}", 0)) for side in ("before", "after"))
    return Buffers(timedelta(minutes=before), timedelta(minutes=after))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
