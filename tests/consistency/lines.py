"""Wait-lists: nobody waits for free time, everybody who waits is counted, and lines move in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.consistency.evidence import (
    CLOCK_SKEW_SECONDS,
    LONGEST_REQUEST,
    Evidence,
    Found,
    Pieces,
    Stretch,
    latest_effect,
    pieces_of_booking,
    share_a_minute,
)
from tests.consistency.history import FOREVER, Kind, Operation, Outcome
from tests.consistency.offers import is_surely_offered, may_be_offered
from tests.consistency.refusals import needed, promotions_of
from tests.consistency.tables import StoredBooking, StoredEntry, StoredPlace, Tables, is_from_hours
from tests.consistency.taken_time import Held, Hold, everything_held

HOUR = timedelta(hours=1)


# --- What is stored ---------------------------------------------------------------------------------------------------


def nobody_waits_for_a_free_slot(evidence: Evidence) -> Found:
    """Of hand-opened slots; who also waits for the time around one may do so while the slot is free, or gone."""
    entries = entries_by_slot(evidence.tables)
    slots = {slot.id: slot for slot in evidence.tables.slots}
    for slot in evidence.upcoming():
        waiting = entries.get(slot.id, [])
        plain = [entry for entry in waiting if not pieces_of_entry(evidence, entry)]
        missed = [entry for entry in plain if _was_always_offered(evidence, entry)]
        if missed and slot.booking is None:
            yield f"{len(missed)} wait for a free slot", (slot.id,)
        if slot.waiters != len(waiting):
            yield f"the slot counts {slot.waiters} waiters and has {len(waiting)}", (slot.id,)
        if any(entry.client == slot.client for entry in plain) and not _is_taken_over(evidence, slot.booking):
            yield "a client waits for the slot that it holds", (slot.id,)
    for slot_id in entries.keys() - slots.keys():
        if not is_from_hours(slot_id) and any(entry.service is None for entry in entries[slot_id]):
            yield "somebody waits for a slot that does not exist", (slot_id,)


def _is_taken_over(evidence: Evidence, booking_id: str | None) -> bool:
    """Whether its client may have waited for the slot that it held as a guest."""
    booking = evidence.stored.get(booking_id or "")
    return booking is not None and booking.is_taken_over


def nobody_waits_for_free_time(evidence: Evidence) -> Found:
    """Of slots from hours, and of the buffers around hand-opened ones: time that is free and was offered all along."""
    taken = {(hour.specialist, hour.hour): hour.taken for hour in evidence.tables.hours}
    free_slots = {slot.id for slot in evidence.tables.slots if slot.booking is None}
    for entry in evidence.tables.entries:
        pieces = pieces_of_entry(evidence, entry)
        if not pieces or pieces[0].start <= evidence.now:
            continue
        if not is_from_hours(entry.slot) and entry.slot not in free_slots:
            continue
        is_free = all(minute.minute not in taken.get(key, ()) for key, minute in minutes_of(pieces))
        if is_free and _was_always_offered(evidence, entry):
            yield f"{entry.client} waits for time that is free and offered", (entry.slot,)


def who_waits_is_counted(evidence: Evidence) -> Found:
    """In the record of each hour that somebody needs some of, and with a place in the line."""
    expected: Counter[tuple[str, datetime]] = Counter()
    places: set[StoredPlace] = set()
    for entry in evidence.tables.entries:
        pieces = pieces_of_entry(evidence, entry)
        if not pieces or pieces[0].start <= evidence.now:
            continue
        expected.update({key for key, _ in minutes_of(pieces)})
        slot = evidence.stretches[entry.slot]
        line = f"{slot.specialist}#{slot.start:%Y-%m-%d}"
        places.add(StoredPlace(line, entry.slot, entry.client, entry.joined_at))
    stored = {place for place in evidence.tables.places if _is_upcoming(evidence, place)}
    for place in places ^ stored:
        missing = "without a place in the line" if place in places else "gone, and still has its place in the line"
        yield f"{place.client}'s entry is {missing}", (place.slot,)
    counted = Counter({(hour.specialist, hour.hour): hour.waiting for hour in evidence.tables.hours})
    for key in expected.keys() | counted.keys():
        if key[1] > evidence.now and expected[key] != counted[key]:
            yield f"{key[1]:%d %B, %H} h counts {counted[key]} who wait, and {expected[key]} do", (key[0],)


def pieces_of_entry(evidence: Evidence, entry: StoredEntry) -> Pieces:
    """The time that whoever waits needs beside a hand-opened slot."""
    slot = evidence.stretches.get(entry.slot)
    return pieces_of_booking(entry.slot, slot, entry.buffers) if slot else ()


def minutes_of(pieces: Pieces) -> Iterator[tuple[tuple[str, datetime], datetime]]:
    """Every minute, after the specialist and the UTC hour that it is in."""
    for piece in pieces:
        minute = piece.start
        while minute < piece.end:
            yield (piece.specialist, minute.replace(minute=0)), minute
            minute += timedelta(minutes=1)


def _was_always_offered(evidence: Evidence, entry: StoredEntry) -> bool:
    """Since the client has joined: new hours promote nobody."""
    slot = evidence.stretches.get(entry.slot)
    if slot is None:
        return True
    begin = entry.joined_at.timestamp() - CLOCK_SKEW_SECONDS
    return is_surely_offered(evidence, slot, entry.service, begin, FOREVER, from_hours=is_from_hours(entry.slot))


def _is_upcoming(evidence: Evidence, place: StoredPlace) -> bool:
    slot = evidence.stretches.get(place.slot)
    return slot is None or slot.start > evidence.now


def entries_by_slot(tables: Tables) -> Mapping[str, list[StoredEntry]]:
    found: dict[str, list[StoredEntry]] = defaultdict(list)
    for entry in tables.entries:
        found[entry.slot].append(entry)
    return found


# --- In which order ---------------------------------------------------------------------------------------------------


def the_line_moved_in_order(evidence: Evidence) -> Found:
    """Whoever was promoted had joined before everybody who surely stood in line then, and could have had its slot."""
    held = everything_held(evidence)
    joins: dict[str | None, list[Operation]] = defaultdict(list)
    for join in evidence.history.of(Kind.JOIN):
        if join.may_have_happened:
            joins[join.specialist].append(join)
    for promotion in evidence.tables.bookings:
        if not promotion.from_wait_list or promotion.moves:
            continue
        in_line = joins.get(promotion.specialist, [])
        meanwhile = _handing_over(evidence, promotion)
        own = [join for join in in_line if (join.slot, join.actor) == (promotion.slot, promotion.client)]
        promoted_joined = _earliest_place(evidence, own, meanwhile)
        for other in in_line:
            if other.outcome is not Outcome.DONE or other.actor == promotion.client:
                continue
            if (
                joined_at(other).timestamp() < promoted_joined
                and _compete(evidence, other, promotion)
                and _stood_in_line(evidence, other, meanwhile)
                and _could_have_had(evidence, held, other, promotion, meanwhile)
            ):
                yield (
                    f"{promotion.client} was promoted before {other.actor}, who had joined earlier",
                    tuple(dict.fromkeys((promotion.slot, promotion.id, other.slot or ""))),
                )


def _compete(evidence: Evidence, other: Operation, promotion: StoredBooking) -> bool:
    """Whether the promotion surely took something that the other needed."""
    if other.slot == promotion.slot:
        return True
    slot = evidence.stretches.get(promotion.slot)
    pieces = pieces_of_booking(promotion.slot, slot, promotion.buffers) if slot else ()
    wanted = needed(evidence, other)
    return bool(wanted) and all(share_a_minute(pieces, those) for those in wanted)


def _could_have_had(
    evidence: Evidence, held: Held, other: Operation, promotion: StoredBooking, meanwhile: "Span"
) -> bool:
    """Whether the other's slot surely was offered, and nothing but what gave way may have taken its time."""
    from_hours = is_from_hours(other.slot or "")
    slot = evidence.stretches.get(other.slot or "")
    if not from_hours and other.slot != promotion.slot:
        return False
    if slot and not is_surely_offered(
        evidence, slot, other.service, meanwhile.begin, meanwhile.end, from_hours=from_hours
    ):
        return False
    wanted = [pieces for pieces in needed(evidence, other) if pieces]
    gave_way = _what_gave_way(evidence, promotion)
    return not any(
        hold.may_begin <= meanwhile.end
        and meanwhile.begin <= hold.may_end
        and hold.booking != promotion.id
        and not _is_released_by(hold, gave_way)
        for hold in held.time.get(promotion.specialist, [])
        if any(share_a_minute(hold.pieces, pieces) for pieces in wanted)
    )


def _what_gave_way(evidence: Evidence, promotion: StoredBooking) -> Operation | None:
    """The request that freed the time, if it is the only one of that moment."""
    found = {
        (op.kind, op.booking, op.slot): op
        for op in _freeing(evidence, promotion.created_at.timestamp())
        if op.specialist == promotion.specialist
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _is_released_by(hold: Hold, operation: Operation | None) -> bool:
    if operation is None:
        return False
    if operation.booking is None:
        return not hold.booking and hold.slot == operation.slot
    is_moved_here = operation.kind is Kind.RESCHEDULE and hold.slot == operation.slot
    return hold.booking == operation.booking and not is_moved_here


def nobody_is_promoted_into_what_is_not_offered(evidence: Evidence) -> Found:
    """Neither outside of the hours nor for a service that is switched off."""
    for promotion in evidence.tables.bookings:
        if not promotion.from_wait_list or promotion.moves:
            continue
        slot = Stretch(promotion.specialist, promotion.start, promotion.end)
        meanwhile = _handing_over(evidence, promotion)
        from_hours = is_from_hours(promotion.slot)
        if not may_be_offered(evidence, slot, promotion.service, meanwhile.begin, meanwhile.end, from_hours=from_hours):
            yield "somebody was promoted into what was not offered any more", (promotion.id, promotion.slot)


@dataclass(frozen=True)
class Span:
    """Something happened in it, in seconds since 1970."""

    begin: float
    end: float


def _earliest_place(evidence: Evidence, joins: Iterable[Operation], meanwhile: Span) -> float:
    """When at the earliest the client had joined whose place became a booking; never, if nobody knows of a place.

    A booking does not say which of its client's joins it came from, and the answer to that join may have been lost.
    So each counts that may have stood when the slot was handed over: only what came to an end before is left out.
    """
    places = (join for join in joins if join.start <= meanwhile.end and not _was_over(evidence, join, meanwhile))
    return min(map(_earliest_joined, places), default=-FOREVER)


def _earliest_joined(join: Operation) -> float:
    return joined_at(join).timestamp() if join.outcome is Outcome.DONE else join.start - CLOCK_SKEW_SECONDS


def _was_over(evidence: Evidence, join: Operation, meanwhile: Span) -> bool:
    """Whether that place surely was no more when the slot was handed over.

    Its client had left since, or had joined anew, which only one can do who stands in the line no more.
    """
    return any(
        (later.slot, later.actor) == (join.slot, join.actor)
        and later.outcome is Outcome.DONE
        and latest_effect(join) < later.start
        and later.end < meanwhile.begin
        for later in evidence.history.of(Kind.JOIN, Kind.LEAVE)
    )


def _stood_in_line(evidence: Evidence, join: Operation, meanwhile: Span) -> bool:
    """Whether whoever joined surely stood in line all the time while the other was promoted."""
    return join.end < meanwhile.begin and meanwhile.end <= _departure(evidence, join)


def _handing_over(evidence: Evidence, promotion: StoredBooking) -> Span:
    """When the slot was handed over: a promotion is dated by the beginning of the request for it."""
    moment = promotion.created_at.timestamp()
    no_later = moment + LONGEST_REQUEST.total_seconds()
    ends = map(latest_effect, _freeing(evidence, moment))
    return Span(moment - CLOCK_SKEW_SECONDS, min(max(ends, default=no_later), no_later) + CLOCK_SKEW_SECONDS)


def _freeing(evidence: Evidence, moment: float) -> Iterator[Operation]:
    """What may have freed time then."""
    return (
        op
        for op in evidence.history.of(Kind.CANCEL, Kind.RESCHEDULE, Kind.DELETE, Kind.END_OFF)
        if op.may_have_happened and op.start - CLOCK_SKEW_SECONDS <= moment <= latest_effect(op) + CLOCK_SKEW_SECONDS
    )


def _departure(evidence: Evidence, join: Operation) -> float:
    """When whoever joined may have left the line at the earliest."""
    leaves = [
        leave.start
        for leave in evidence.history.of(Kind.LEAVE)
        if (leave.slot, leave.actor) == (join.slot, join.actor)
        and leave.may_have_happened
        and latest_effect(leave) >= join.start
    ]
    promotions = promotions_of(evidence, join.slot or "", join.actor, joined_at(join))
    dates = (promotion.created_at.timestamp() - CLOCK_SKEW_SECONDS for promotion in promotions)
    return min([*leaves, *dates], default=FOREVER)


def joined_at(join: Operation) -> datetime:
    return datetime.fromisoformat((join.body or {})["created_at"])
