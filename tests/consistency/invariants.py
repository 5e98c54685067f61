"""The guarantees of the contract as checks of the tables and of the history."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from tests.consistency.evidence import Evidence, Found, Violation
from tests.consistency.history import History, Kind, Operation, Outcome
from tests.consistency.holds import acknowledged_confirmations_stick, holds_end_in_time, nobody_holds_too_many
from tests.consistency.lines import (
    joined_at,
    nobody_is_promoted_into_what_is_not_offered,
    nobody_waits_for_a_free_slot,
    nobody_waits_for_free_time,
    the_line_moved_in_order,
    who_waits_is_counted,
)
from tests.consistency.opening_hours import (
    hour_records_equal_what_takes_time,
    hours_change_no_booking,
    no_minute_is_taken_twice,
    what_is_booked_is_offered,
    what_is_listed_as_free_is_free,
    what_is_listed_is_offered,
)
from tests.consistency.people import (
    a_link_opens_one_booking,
    attendance_is_as_it_was_said,
    attendance_is_said_of_what_has_started,
    erasure_erases,
    guests_keep_their_links,
)
from tests.consistency.refusals import every_refusal_had_a_cause, promotions_of, what_is_listed_free_can_be_booked
from tests.consistency.tables import StoredBooking, StoredSlot, Tables, is_from_hours
from tests.consistency.taken_time import no_minute_was_taken_twice, no_slot_was_held_twice

DOCUMENTED_FAILURES = {"store_unavailable", "service_unavailable", "gateway_timeout"}

type Check = Callable[[Evidence], Found]


def violations(evidence: Evidence, checks: Mapping[str, Check] | None = None) -> list[Violation]:
    """Everything that is wrong."""
    return [
        Violation(name, what, ids) for name, check in (checks or INVARIANTS).items() for what, ids in check(evidence)
    ]


# --- What is stored ---------------------------------------------------------------------------------------------------


def one_booking_per_slot(evidence: Evidence) -> Found:
    for slot, held_by in _open_by_slot(evidence.tables).items():
        if len(held_by) > 1:
            yield f"{len(held_by)} open bookings of one slot", (slot, *(booking.id for booking in held_by))


def slot_and_booking_agree(evidence: Evidence) -> Found:
    bookings = {booking.id: booking for booking in evidence.tables.bookings}
    slots = {slot.id: slot for slot in evidence.tables.slots}
    for slot in slots.values():
        if (slot.booking is None) != (slot.client is None):
            yield "the slot names a booking without a client, or the other way round", (slot.id,)
        if slot.booking is None:
            continue
        holder = bookings.get(slot.booking)
        if holder is None:
            yield "the slot is held by a booking that does not exist", (slot.id, slot.booking)
        elif not holder.is_open or holder.slot != slot.id:
            yield f"the slot is held by a {holder.status} booking of {holder.slot}", (slot.id, holder.id)
        elif holder.client != slot.client:
            yield "slot and booking name different clients", (slot.id, holder.id)
    for booking in bookings.values():
        if not booking.is_open or is_from_hours(booking.slot):
            continue
        held = slots.get(booking.slot)
        if held is None or held.booking != booking.id:
            yield "an open booking whose slot does not point at it", (booking.slot, booking.id)


def ended_bookings_are_over(evidence: Evidence) -> Found:
    for booking in evidence.tables.bookings:
        if booking.is_open == (booking.cancelled_at is not None):
            yield f"a {booking.status} booking with cancelled_at {booking.cancelled_at}", (booking.id,)
        if booking.is_open != booking.has_timer:
            yield f"a {booking.status} booking {'without' if booking.is_open else 'with'} a timer", (booking.id,)


def no_overlap(evidence: Evidence) -> Found:
    for slots in _by_specialist(evidence.tables.slots).values():
        for earlier, later in pairwise(sorted(slots, key=lambda slot: slot.start)):
            if later.start < earlier.end:
                yield "two slots of one specialist overlap", (earlier.id, later.id)


def days_equal_slots(evidence: Evidence) -> Found:
    expected: dict[tuple[str, str], set[tuple[datetime, datetime]]] = defaultdict(set)
    ids: dict[tuple[str, str], list[str]] = defaultdict(list)
    for slot in evidence.tables.slots:
        for day in _days_touched(slot):
            expected[slot.specialist, day].add((slot.start, slot.end))
            ids[slot.specialist, day].append(slot.id)
    recorded = {(day.specialist, day.day): set(day.taken) for day in evidence.tables.days}
    for key in expected.keys() | recorded.keys():
        if expected[key] != recorded.get(key, set()):
            difference = len(expected[key] ^ recorded.get(key, set()))
            yield f"the record of {key[1]} differs from the slots in {difference} places", (key[0], *ids[key])


# --- What the clients were told ---------------------------------------------------------------------------------------


def acknowledged_bookings_are_there(evidence: Evidence) -> Found:
    stored = {booking.id: booking for booking in evidence.tables.bookings}
    for operation in evidence.history.of(Kind.BOOK):
        if operation.outcome is not Outcome.DONE or not operation.booking:
            continue
        booking = stored.get(operation.booking)
        if booking is None:
            yield "a booking that was acknowledged is not stored", (operation.booking, operation.slot or "")
            continue
        if operation.actor not in {booking.client, booking.guest} and booking.client not in evidence.erased:
            yield "a booking is stored for another client", (booking.id,)
        yield from _ends_as_told(evidence.history, booking, operation.slot or "")


def _ends_as_told(history: History, booking: StoredBooking, first_slot: str) -> Found:
    cancels = [found for found in history.of(Kind.CANCEL) if found.booking == booking.id and found.may_have_happened]
    if booking.status == "cancelled" and not cancels:
        yield "a booking ended that nobody has cancelled", (booking.id, booking.slot)
    moves = [found for found in history.of(Kind.RESCHEDULE) if found.booking == booking.id and found.may_have_happened]
    if booking.slot not in {first_slot, *(move.slot for move in moves)}:
        yield "a booking is in a slot that nobody has moved it to", (booking.id, booking.slot)
    acknowledged = [move for move in moves if move.outcome is Outcome.DONE]
    for move in acknowledged:
        if booking.slot != move.slot and not any(
            other is not move and other.latest_effect >= move.start for other in moves
        ):
            yield "a move that was acknowledged did not last", (booking.id, booking.slot, move.slot or "")
    if not acknowledged and not moves and booking.moves:
        yield "a booking was moved that nobody has moved", (booking.id, booking.slot)


def acknowledged_cancellations_stick(evidence: Evidence) -> Found:
    stored = {booking.id: booking for booking in evidence.tables.bookings}
    for operation in evidence.history.of(Kind.CANCEL):
        if operation.outcome is Outcome.DONE and operation.booking:
            booking = stored.get(operation.booking)
            if booking is None or booking.status != "cancelled":
                yield "a cancellation that was acknowledged is undone", (operation.booking, operation.slot or "")


def acknowledged_slots_are_there(evidence: Evidence) -> Found:
    """Hand-opened slots and time off."""
    stored = {slot.id for slot in evidence.tables.slots} | {off.id for off in evidence.tables.times_off}
    ended = _by_slot(op for op in evidence.history.of(Kind.DELETE, Kind.END_OFF) if op.may_have_happened)
    for operation in evidence.history.of(Kind.OPEN, Kind.TAKE_OFF):
        if operation.outcome is Outcome.DONE and operation.slot and operation.slot not in stored | ended.keys():
            yield f"{operation.kind} was acknowledged and is undone, and nobody has deleted it", (operation.slot,)
    for slot, found in ended.items():
        if slot in stored and any(operation.outcome is Outcome.DONE for operation in found):
            yield "what was deleted is still there", (slot,)


def acknowledged_places_in_line_are_there(evidence: Evidence) -> Found:
    entries = {(entry.slot, entry.client): entry for entry in evidence.tables.entries}
    leaves = list(evidence.history.of(Kind.LEAVE))
    for join in evidence.history.of(Kind.JOIN):
        if join.outcome is not Outcome.DONE or join.slot is None:
            continue
        key = (join.slot, join.actor)
        left = [leave for leave in leaves if (leave.slot, leave.actor) == key and leave.latest_effect >= join.start]
        since = joined_at(join)
        if any(leave.outcome is Outcome.DONE and leave.start >= join.end for leave in left):
            if key in entries and entries[key].joined_at == since:
                yield "a place in line that was given up is still there", (join.slot,)
            continue
        if key in entries or any(leave.may_have_happened for leave in left):
            continue
        if not promotions_of(evidence, join.slot, join.actor, since):
            yield f"{join.actor} joined the line, and is neither in it nor promoted", (join.slot,)


def nothing_is_doubled_or_unasked(evidence: Evidence) -> Found:
    """Each stored booking is one that a client was told of, one whose answer was lost, or a promotion."""
    known = {operation.booking for operation in evidence.history.of(Kind.BOOK) if operation.outcome is Outcome.DONE}
    joined = Counter((op.slot, op.actor) for op in evidence.history.of(Kind.JOIN) if op.may_have_happened)
    lost = {
        (op.slot, op.actor, op.key or op.number)
        for op in evidence.history.of(Kind.BOOK)
        if op.outcome is Outcome.UNKNOWN
    }
    asked = Counter((slot, actor) for slot, actor, _ in lost)
    actors = {operation.actor for operation in evidence.history}
    for booking in evidence.tables.bookings:
        maker = booking.made_by
        if booking.id in known or maker not in actors or booking.moves or maker in evidence.erased:
            continue
        wishes = joined if booking.from_wait_list else asked
        wishes[booking.slot, maker] -= 1
        if wishes[booking.slot, maker] < 0:
            yield f"{booking.client} has a booking that it did not ask for", (booking.id, booking.slot)


def repeats_are_equal(evidence: Evidence) -> Found:
    answers: dict[tuple[str, str, str], list[Operation]] = defaultdict(list)
    for operation in evidence.history.of(Kind.BOOK):
        if operation.key and operation.slot and operation.outcome is Outcome.DONE:
            answers[operation.actor, operation.key, operation.slot].append(operation)
    for (_, key, slot), operations in answers.items():
        if any(operation.body != operations[0].body for operation in operations):
            yield "one idempotency key, different answers", (key, slot)


def what_was_written_is_read(evidence: Evidence) -> Found:
    for operation in evidence.history.of(Kind.READ):
        stored = evidence.stored.get(operation.booking or "")
        if operation.outcome is Outcome.REFUSED and not (stored and stored.client in evidence.erased):
            yield f"a booking just made was answered {operation.status}", (operation.booking or "",)


def only_documented_failures(evidence: Evidence) -> Found:
    """A 500 of the functions' own is never right. One that is killed cannot answer: then the gateway says something."""
    for operation in evidence.history:
        if operation.status is None or operation.status < 500 or operation.reason in DOCUMENTED_FAILURES:
            continue
        if operation.reason is None and evidence.functions_were_killed:
            continue
        yield f"{operation.kind} was answered {operation.status}", (operation.slot or operation.booking or "",)


def _days_touched(slot: StoredSlot) -> list[str]:
    first, last = slot.start.date(), (slot.end - timedelta(microseconds=1)).date()
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def _open_by_slot(tables: Tables) -> Mapping[str, list[StoredBooking]]:
    found: dict[str, list[StoredBooking]] = defaultdict(list)
    for booking in tables.bookings:
        if booking.is_open:
            found[booking.slot].append(booking)
    return found


def _by_specialist(slots: Iterable[StoredSlot]) -> Mapping[str, list[StoredSlot]]:
    found: dict[str, list[StoredSlot]] = defaultdict(list)
    for slot in slots:
        found[slot.specialist].append(slot)
    return found


def _by_slot(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        if operation.slot:
            found[operation.slot].append(operation)
    return found


INVARIANTS: Mapping[str, Check] = {
    "1  at most one open booking per slot": one_booking_per_slot,
    "1  no slot was held twice, even for a moment": no_slot_was_held_twice,
    "2  slot and booking agree": slot_and_booking_agree,
    "2  bookings that ended are over": ended_bookings_are_over,
    "3  no two slots overlap": no_overlap,
    "3  day records equal the slots": days_equal_slots,
    "4  nobody waits for a free slot, lines are counted": nobody_waits_for_a_free_slot,
    "4  the line moved in order": the_line_moved_in_order,
    "5  repeats with one key are equal": repeats_are_equal,
    "5  nothing doubled, nothing unasked": nothing_is_doubled_or_unasked,
    "6  what was written is read": what_was_written_is_read,
    "10 no minute is taken twice": no_minute_is_taken_twice,
    "10 no minute was taken twice, even for a moment": no_minute_was_taken_twice,
    "10 hour records equal what takes time": hour_records_equal_what_takes_time,
    "11 what is listed as free is free": what_is_listed_as_free_is_free,
    "11 what is listed free can be booked": what_is_listed_free_can_be_booked,
    "12 hours change no booking": hours_change_no_booking,
    "13 nobody waits for free time": nobody_waits_for_free_time,
    "13 who waits is counted": who_waits_is_counted,
    "13 nobody is promoted into what is not offered": nobody_is_promoted_into_what_is_not_offered,
    "14 what is booked was offered": what_is_booked_is_offered,
    "14 what is listed is what the hours have": what_is_listed_is_offered,
    "15 a hold ends in time, by confirmation or without": holds_end_in_time,
    "15 nobody holds too many": nobody_holds_too_many,
    "15 confirmations stick": acknowledged_confirmations_stick,
    "15 attendance is said of what has started": attendance_is_said_of_what_has_started,
    "15 attendance is as it was said": attendance_is_as_it_was_said,
    "17 a link opens one booking": a_link_opens_one_booking,
    "17 guests keep their links": guests_keep_their_links,
    "18 erasure erases": erasure_erases,
    "   acknowledged bookings and moves are there": acknowledged_bookings_are_there,
    "   acknowledged cancellations stick": acknowledged_cancellations_stick,
    "   acknowledged slots, time off and deletions stick": acknowledged_slots_are_there,
    "   acknowledged places in line are there": acknowledged_places_in_line_are_there,
    "   every refusal had a cause": every_refusal_had_a_cause,
    "   no answer but success, 4xx or 503": only_documented_failures,
}


def shortest(evidence: Evidence, violation: Violation) -> History:
    """As few operations as still show the violation, or all that changed what it is about."""
    related = evidence.history.touching(identity for identity in violation.ids if identity)
    check = {violation.invariant: INVARIANTS[violation.invariant]}

    def shows(history: History) -> bool:
        found = violations(replace(evidence, history=history), check)
        return any((other.what, other.ids) == (violation.what, violation.ids) for other in found)

    if shows(History()) or not shows(related):
        return related.where(lambda operation: operation.may_have_happened and operation.kind is not Kind.READ)
    return _without_what_can_be_left_out(related, shows)


def _without_what_can_be_left_out(history: History, shows: Callable[[History], bool]) -> History:
    """Leaves out ever smaller parts, so that long histories take few checks."""
    size = len(history)
    while size > 1:
        size = (size + 1) // 2
        for begin in reversed(range(0, len(history), size)):
            without = History(history.operations[:begin] + history.operations[begin + size :])
            if shows(without):
                history = without
    return history
