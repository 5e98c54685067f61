"""Guarantees 10 to 12 and 14: time is taken once, what is listed is offered and free, and hours change no booking."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from tests.consistency.evidence import Evidence, Found, Pieces, Stretch, pieces_of_booking, share_a_minute, stretch_of
from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.lines import minutes_of
from tests.consistency.offers import Hours, may_be_offered, possible_buffers, possible_hours, possible_lengths
from tests.consistency.tables import StoredBooking, is_from_hours
from tests.consistency.taken_time import Held, everything_held

type Minute = tuple[str, datetime]
"""Whose, and which."""


def no_minute_is_taken_twice(evidence: Evidence) -> Found:
    shared = {tuple(sorted(ids)) for ids in _taken_by(evidence).values() if len(ids) > 1}
    for ids in sorted(shared):
        yield f"{len(ids)} things of one specialist take the same minutes", ids


def hour_records_equal_what_takes_time(evidence: Evidence) -> Found:
    """Of the hours to come: records of others lapse."""
    expected: dict[Minute, set[int]] = defaultdict(set)
    ids: dict[Minute, set[str]] = defaultdict(set)
    for (specialist, minute), takers in _taken_by(evidence).items():
        expected[specialist, minute.replace(minute=0)].add(minute.minute)
        ids[specialist, minute.replace(minute=0)].update(takers)
    recorded = {(hour.specialist, hour.hour): set(hour.taken) for hour in evidence.tables.hours}
    for key in sorted(expected.keys() | recorded.keys()):
        too_many, missing = recorded.get(key, set()) - expected[key], expected[key] - recorded.get(key, set())
        if key[1] > evidence.now and (too_many or missing):
            what = f"the record of {key[1]:%d %B, %H} h has {len(too_many)} minutes that nothing takes"
            yield f"{what}, and lacks {len(missing)}", (key[0], *sorted(ids[key]))


def _taken_by(evidence: Evidence) -> Mapping[Minute, set[str]]:
    """Each minute that something takes, and what. Bookings that expired keep theirs: the appointment takes place."""
    found: dict[Minute, set[str]] = defaultdict(set)
    for identity, pieces in _what_takes_time(evidence):
        for (specialist, _), minute in minutes_of(pieces):
            found[specialist, minute].add(identity)
    return found


def _what_takes_time(evidence: Evidence) -> Iterator[tuple[str, Pieces]]:
    for booking in evidence.tables.bookings:
        if booking.status != "cancelled" and not booking.has_lapsed:
            yield booking.id, pieces_of_booking(booking.slot, _slot_of(booking), booking.buffers)
    for slot in evidence.tables.slots:
        yield slot.id, (Stretch(slot.specialist, slot.start, slot.end),)
    for off in evidence.tables.times_off:
        yield off.id, (Stretch(off.specialist, off.start, off.end),)


def _slot_of(booking: StoredBooking) -> Stretch:
    return Stretch(booking.specialist, booking.start, booking.end)


def hours_change_no_booking(evidence: Evidence) -> Found:
    """Bookings are as they were made, whatever became of hours and services since; moves change their times only."""
    for operation in evidence.history.of(Kind.BOOK):
        booking = evidence.stored.get(operation.booking or "")
        if booking is None or operation.outcome is not Outcome.DONE:
            continue
        slot = evidence.stretches.get(booking.slot)
        if slot and slot != _slot_of(booking):
            yield "a booking is at another time than its slot", (booking.id, booking.slot)
        told = (operation.body or {}).get("service")
        if booking.minutes != (told["duration_minutes"] if told else None):
            yield f"a booking takes {booking.minutes} minutes, and was made with {told}", (booking.id,)
        known = possible_buffers(evidence, operation.service, operation.start, operation.end)
        if booking.service != operation.service or (known and booking.buffers not in known):
            yield "a booking has another service or buffers than it was made with", (booking.id,)


def what_is_listed_is_offered(evidence: Evidence) -> Found:
    """Slots from hours are those that the hours have which may have held then: all of them, and no others."""
    for operation in evidence.history.of(Kind.LIST):
        if operation.outcome is not Outcome.DONE:
            continue
        begin, end = operation.start, operation.end
        hours = possible_hours(evidence, operation.specialist or "", begin, end)
        lengths = possible_lengths(evidence, operation.service, begin, end)
        listed = {slot["start_at"] for slot in _slots(operation) if is_from_hours(slot["id"])}
        expected = [_starts(found, operation, minutes) for found in hours for minutes in lengths]
        if expected and listed not in expected:
            nearest = min(expected, key=lambda starts: len(starts ^ listed))
            what = f"lists {len(listed - nearest)} starts that the hours do not have, and lacks {len(nearest - listed)}"
            yield f"{operation.label} {what}", (operation.label,)


def what_is_booked_is_offered(evidence: Evidence) -> Found:
    """Nobody books what no hours may have had then, or with a service that was off. (Repeats get earlier answers.)"""
    for operation in evidence.history.of(Kind.BOOK):
        slot = stretch_of(operation)
        if operation.outcome is not Outcome.DONE or operation.retry_of or slot is None:
            continue
        from_hours = is_from_hours(operation.slot or "")
        begin, end = operation.start, operation.end
        if not may_be_offered(evidence, slot, operation.service, begin, end, from_hours=from_hours):
            yield "a booking of what was not offered", (operation.booking or "", operation.slot or "")


def _starts(hours: Hours, operation: Operation, minutes: int | None) -> set[str]:
    day = date.fromisoformat((operation.wanted or {})["date"])
    found = hours.starts_on(day, timedelta(minutes=minutes or hours.slot_minutes))
    return {f"{start:%Y-%m-%dT%H:%M:%SZ}" for start in found}


def what_is_listed_as_free_is_free(evidence: Evidence) -> Found:
    """And what is listed as booked is not, as far as the history can tell."""
    held = everything_held(evidence)
    for operation in evidence.history.of(Kind.LIST):
        if operation.outcome is not Outcome.DONE:
            continue
        buffers = possible_buffers(evidence, operation.service, operation.start, operation.end)
        for slot in _slots(operation):
            stretch = Stretch(operation.specialist or "", _instant(slot["start_at"]), _instant(slot["end_at"]))
            wanted = [pieces_of_booking(slot["id"], stretch, around) for around in buffers]
            if slot["is_booked"] and not _may_be_taken(held, operation, slot["id"], wanted):
                yield f"{operation.label} lists a slot as booked that is free", (operation.label, slot["id"])
            if not slot["is_booked"] and _is_surely_taken(held, operation, slot["id"], wanted):
                yield f"{operation.label} lists a slot as free that is taken", (operation.label, slot["id"])


def _may_be_taken(held: Held, operation: Operation, slot_id: str, wanted: list[Pieces]) -> bool:
    if any(hold.may_overlap(operation) for hold in held.slots.get(slot_id, [])):
        return True
    return any(
        hold.may_overlap(operation) and any(share_a_minute(hold.pieces, pieces) for pieces in wanted)
        for hold in held.time.get(operation.specialist or "", [])
    )


def _is_surely_taken(held: Held, operation: Operation, slot_id: str, wanted: list[Pieces]) -> bool:
    if any(hold.surely_covers(operation) for hold in held.slots.get(slot_id, [])):
        return True
    surely = [hold for hold in held.time.get(operation.specialist or "", []) if hold.surely_covers(operation)]
    return bool(wanted) and all(any(share_a_minute(hold.pieces, pieces) for hold in surely) for pieces in wanted)


def _slots(operation: Operation) -> list[dict[str, str]]:
    slots: list[dict[str, str]] = (operation.body or {}).get("slots", [])
    return slots


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
