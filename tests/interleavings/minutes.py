"""Guarantees 10 and 13, by the minute: who takes it, and who waits for it."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from booking.runtime.clock import from_stored
from booking.slots.ids import SlotId
from tests.interleavings.evidence import Evidence, Found
from tests.interleavings.tables import Row, Tables, is_open

type Minutes = frozenset[int]
"""Minutes since 1970."""

_MINUTE = timedelta(minutes=1)


def is_from_hours(slot_id: str) -> bool:
    return _parsed(slot_id).from_hours


def needed(row: Row) -> Minutes:
    """The minutes of hour records that a booking takes, or that somebody waits for, buffers included."""
    return _needed(row["slot_id"], int(row.get("service_buffer_before", 0)), int(row.get("service_buffer_after", 0)))


@cache
def _needed(slot_id: str, before: int, after: int) -> Minutes:
    slot = _parsed(slot_id)
    around = _between(slot.start_at - before * _MINUTE, slot.end_at + after * _MINUTE)
    return around if slot.from_hours else around - _between(slot.start_at, slot.end_at)


@cache
def _parsed(slot_id: str) -> SlotId:
    slot = SlotId.parse(slot_id)
    assert slot is not None
    return slot


@cache
def _between(start: datetime, end: datetime) -> Minutes:
    return frozenset(range(int(start.timestamp() // 60), -int(-end.timestamp() // 60)))


def _of_stretch(row: Row) -> Minutes:
    return _between(from_stored(row["start_at"]), from_stored(row["end_at"]))


def _holders(tables: Tables) -> Iterator[tuple[str, Minutes]]:
    """Everything that takes time, and which."""
    for booking in tables.bookings.values():
        # An appointment whose booking has expired takes place; a hold that has lapsed was none.
        if is_open(booking) or (booking["status"] == "expired" and "hold_expires_at" not in booking):
            yield f"{booking['client_id']}'s booking of {booking['starts'][:16]}", needed(booking)
    for slot in tables.slots.values():
        yield slot["sk"], _of_stretch(slot)
    for off in tables.calendar("off"):
        if "ended" not in off:
            yield off["sk"], _of_stretch(off)


def _taken(tables: Tables) -> Minutes:
    """What hour records say."""
    return frozenset(
        _first_minute(hour) + int(minute) for hour, record in tables.hours.items() for minute in record.get("taken", ())
    )


@cache
def _first_minute(hour: str) -> int:
    return int(datetime.fromisoformat(f"{hour}:00:00+00:00").timestamp() // 60)


def _text(minute: int) -> str:
    return f"{minute // 60 % 24}:{minute % 60:02}"


def nobody_shares_a_minute(evidence: Evidence) -> Found:
    by_minute: dict[int, str] = {}
    for who, minutes in _holders(evidence.after):
        for minute in minutes:
            other = by_minute.get(minute)
            if other and not (who.startswith("slot#") and other.startswith("slot#")):  # they may touch within a minute
                yield f"{who} and {other} share {_text(minute)}"
            by_minute[minute] = who


def hours_say_what_is_taken(evidence: Evidence) -> Found:
    if evidence.after.is_specialist_erased:
        return
    held = frozenset(minute for _, minutes in _holders(evidence.after) for minute in minutes)
    taken = _taken(evidence.after)
    yield from (f"{_text(minute)} is held by somebody and not taken" for minute in sorted(held - taken))
    yield from (f"{_text(minute)} is taken by nobody" for minute in sorted(taken - held))


def nobody_waits_for_free_time(evidence: Evidence) -> Found:
    taken = _taken(evidence.after)
    for entry in evidence.after.entries:
        if not evidence.is_still_on(entry) or entry["client_id"] not in evidence.after.active:
            continue
        minutes = needed(entry)
        if minutes and not minutes & taken and _is_offered(evidence.after, entry):
            yield f"{entry['client_email']} waits for {_parsed(entry['slot_id']).start_at:%H:%M}, which is free"


def _is_offered(tables: Tables, entry: Row) -> bool:
    """Whether it still is: it was when its client joined, and hours only become fewer here."""
    services = {service["service_id"]: service for service in tables.calendar("service")}
    if "service_id" in entry and not services[entry["service_id"]].get("is_active", True):
        return False
    slot = _parsed(entry["slot_id"])
    if "closed" in tables.profile:
        return False
    if slot.from_hours:
        start = slot.start_at.hour * 60 + slot.start_at.minute
        end = start + (slot.end_at - slot.start_at) // _MINUTE
        return any(opens <= start and end <= closes for opens, closes in _open_on(tables, slot.start_at))
    opened = tables.slots.get(entry["slot_id"])
    return opened is not None and "booking_id" not in opened and "closed" not in opened


def _open_on(tables: Tables, day: datetime) -> list[tuple[int, int]]:
    """Of a specialist in UTC, in minutes of the day."""
    own = [json.loads(date["hours"]) for date in tables.calendar("date") if date["sk"] == f"date#{day:%Y-%m-%d}"]
    week = [json.loads(schedule["hours"]).get(f"{day:%a}".lower(), []) for schedule in tables.calendar("schedule")]
    return [(int(opens), int(closes)) for opens, closes in (own or week)[0]]


def waiting_is_counted(evidence: Evidence) -> Found:
    if evidence.after.is_specialist_erased:
        return
    hours = {hour: _first_minute(hour) for hour in evidence.after.hours}
    counts = Counter(
        minute
        for entry in evidence.after.entries
        if evidence.is_still_on(entry)
        for minute in {minute // 60 * 60 for minute in needed(entry)}
    )
    now = evidence.now.timestamp() // 60
    for hour, first in hours.items():
        count = counts.pop(first, 0)
        if first > now and evidence.after.hours[hour].get("waiting", 0) != count:
            yield f"{hour} counts {evidence.after.hours[hour].get('waiting', 0)} who wait, there are {count}"
    yield from (f"nobody counts who waits for {_text(first)}" for first in counts)


def lines_say_who_waits(evidence: Evidence) -> Found:
    entries = {
        (entry["slot_id"], entry["client_id"], entry["joined_at"]) for entry in evidence.after.entries if needed(entry)
    }
    places = {(place["wanted_slot_id"], place["waiter_id"], place["since"]) for place in evidence.after.places}
    yield from (f"{client} waits for {slot} and stands in no line" for slot, client, _ in entries - places)
    yield from (f"{client} stands in line for {slot} and does not wait" for slot, client, _ in places - entries)
