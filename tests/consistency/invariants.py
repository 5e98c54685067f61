"""The guarantees of the contract as checks of the tables and of the history."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import combinations, pairwise

from tests.consistency.history import FOREVER, History, Kind, Operation, Outcome
from tests.consistency.tables import StoredBooking, StoredEntry, StoredSlot, Tables

CLOCK_SKEW_SECONDS = 0.25
"""By how much the clocks of clients and functions may differ."""
LONGEST_REQUEST = timedelta(seconds=30)
"""No function runs longer."""
UNANSWERED_ENDS_WITHIN = 2 * LONGEST_REQUEST
"""What was not answered has happened by then or never will: no request waits longer for its function than it runs."""
DOCUMENTED_FAILURES = {"store_unavailable", "service_unavailable", "gateway_timeout"}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Violation:
    """A guarantee that does not hold: what is wrong, and the slots, bookings or keys that show it."""

    invariant: str
    what: str
    ids: tuple[str, ...]


@dataclass
class Evidence:
    """What the checks look at."""

    history: History
    tables: Tables
    now: datetime
    functions_were_killed: bool = False

    @cached_property
    def promotions(self) -> Mapping[str, list[StoredBooking]]:
        """Bookings that came out of a line, by client."""
        by_client: dict[str, list[StoredBooking]] = defaultdict(list)
        for booking in self.tables.bookings:
            if booking.from_wait_list:
                by_client[booking.client].append(booking)
        return by_client

    def upcoming(self) -> Iterator[StoredSlot]:
        """The slots that have not started: a line ends when its slot does."""
        return (slot for slot in self.tables.slots if slot.start > self.now)


type Found = Iterator[tuple[str, tuple[str, ...]]]
type Check = Callable[[Evidence], Found]


def violations(evidence: Evidence, checks: Mapping[str, Check] | None = None) -> list[Violation]:
    """Everything that is wrong."""
    return [
        Violation(name, what, ids) for name, check in (checks or INVARIANTS).items() for what, ids in check(evidence)
    ]


# --- What is stored ---------------------------------------------------------------------------------------------------


def one_booking_per_slot(evidence: Evidence) -> Found:
    for slot, held_by in _confirmed_by_slot(evidence.tables).items():
        if len(held_by) > 1:
            yield f"{len(held_by)} confirmed bookings of one slot", (slot, *(booking.id for booking in held_by))


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
        elif not holder.is_confirmed or holder.slot != slot.id:
            yield f"the slot is held by a {holder.status} booking of {holder.slot}", (slot.id, holder.id)
        elif holder.client != slot.client:
            yield "slot and booking name different clients", (slot.id, holder.id)
    for booking in bookings.values():
        if not booking.is_confirmed:
            continue
        held = slots.get(booking.slot)
        if held is None or held.booking != booking.id:
            yield "a confirmed booking whose slot does not point at it", (booking.slot, booking.id)


def ended_bookings_are_over(evidence: Evidence) -> Found:
    for booking in evidence.tables.bookings:
        if booking.is_confirmed == (booking.cancelled_at is not None):
            yield f"a {booking.status} booking with cancelled_at {booking.cancelled_at}", (booking.id,)
        if booking.is_confirmed != booking.has_timer:
            yield f"a {booking.status} booking {'without' if booking.is_confirmed else 'with'} a timer", (booking.id,)


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


def nobody_waits_for_a_free_slot(evidence: Evidence) -> Found:
    entries = _entries_by_slot(evidence.tables)
    slots = {slot.id: slot for slot in evidence.tables.slots}
    for slot in evidence.upcoming():
        waiting = entries.get(slot.id, [])
        if waiting and slot.booking is None:
            yield f"{len(waiting)} wait for a free slot", (slot.id,)
        if slot.waiters != len(waiting):
            yield f"the slot counts {slot.waiters} waiters and has {len(waiting)}", (slot.id,)
        if any(entry.client == slot.client for entry in waiting):
            yield "a client waits for the slot that it holds", (slot.id,)
    for slot_id in entries.keys() - slots.keys():
        yield "somebody waits for a slot that does not exist", (slot_id,)


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
        if booking.client != operation.actor:
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
    stored = {slot.id for slot in evidence.tables.slots}
    deletions = _by_slot(operation for operation in evidence.history.of(Kind.DELETE) if operation.may_have_happened)
    for operation in evidence.history.of(Kind.OPEN):
        if operation.outcome is Outcome.DONE and operation.slot and operation.slot not in stored | deletions.keys():
            yield "a slot that was opened is gone, and nobody has deleted it", (operation.slot,)
    for slot, found in deletions.items():
        if slot in stored and any(operation.outcome is Outcome.DONE for operation in found):
            yield "a slot that was deleted is still there", (slot,)


def acknowledged_places_in_line_are_there(evidence: Evidence) -> Found:
    entries = {(entry.slot, entry.client): entry for entry in evidence.tables.entries}
    leaves = list(evidence.history.of(Kind.LEAVE))
    for join in evidence.history.of(Kind.JOIN):
        if join.outcome is not Outcome.DONE or join.slot is None:
            continue
        key = (join.slot, join.actor)
        left = [leave for leave in leaves if (leave.slot, leave.actor) == key and leave.latest_effect >= join.start]
        joined_at = _joined_at(join)
        if any(leave.outcome is Outcome.DONE and leave.start >= join.end for leave in left):
            if key in entries and entries[key].joined_at == joined_at:
                yield "a place in line that was given up is still there", (join.slot,)
            continue
        if key in entries or any(leave.may_have_happened for leave in left):
            continue
        if not _promotions(evidence, join.slot, join.actor, joined_at):
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
        if booking.id in known or booking.client not in actors or booking.moves:
            continue
        wishes = joined if booking.from_wait_list else asked
        wishes[booking.slot, booking.client] -= 1
        if wishes[booking.slot, booking.client] < 0:
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
        if operation.outcome is Outcome.REFUSED:
            yield f"a booking just made was answered {operation.status}", (operation.booking or "",)


def only_documented_failures(evidence: Evidence) -> Found:
    """A 500 of the functions' own is never right. One that is killed cannot answer: then the gateway says something."""
    for operation in evidence.history:
        if operation.status is None or operation.status < 500 or operation.reason in DOCUMENTED_FAILURES:
            continue
        if operation.reason is None and evidence.functions_were_killed:
            continue
        yield f"{operation.kind} was answered {operation.status}", (operation.slot or operation.booking or "",)


# --- Who held what when -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hold:
    """A booking of a slot: when it may have begun and ended, and when it surely lasted."""

    slot: str
    booking: str
    client: str
    may_begin: float
    may_end: float
    surely_from: float
    surely_until: float
    by: int | None = None
    """The operation that made it, where that is known."""

    def may_overlap(self, operation: Operation) -> bool:
        return self.may_begin <= operation.end and operation.start <= self.may_end

    def surely_covers(self, operation: Operation) -> bool:
        return self.surely_from < operation.start and operation.end < self.surely_until


def holds(evidence: Evidence) -> dict[str, list[Hold]]:
    """Every hold on every slot, by slot."""
    found: dict[str, list[Hold]] = defaultdict(list)
    stored = {booking.id: booking for booking in evidence.tables.bookings}
    made = {op.booking: op for op in evidence.history.of(Kind.BOOK) if op.outcome is Outcome.DONE and not op.retry_of}
    changes: dict[str, list[Operation]] = defaultdict(list)
    for operation in evidence.history.of(Kind.CANCEL, Kind.RESCHEDULE):
        if operation.booking and operation.may_have_happened:
            changes[operation.booking].append(operation)
    for booking_id in sorted(stored.keys() | (made.keys() - {None}), key=str):
        booking, creation = stored.get(booking_id or ""), made.get(booking_id)
        if booking is None and creation is None:
            continue
        first = {creation.slot} if creation else _first_slots(evidence.history, booking)
        for hold in _holds_of(booking_id or "", first, booking, creation, changes[booking_id or ""]):
            found[hold.slot].append(hold)
    return found


def _first_slots(history: History, booking: StoredBooking | None) -> set[str | None]:
    """The slots that a booking may have begun with, of which the client was not told at first."""
    if booking is None:
        return set()
    told = {op.slot for op in history.of(Kind.BOOK) if op.booking == booking.id and op.outcome is Outcome.DONE}
    if told:
        return told
    if not booking.moves:
        return {booking.slot}
    asked = (op for op in history.of(Kind.JOIN, Kind.BOOK) if op.actor == booking.client and op.may_have_happened)
    return {op.slot for op in asked if op.kind is Kind.JOIN or op.outcome is Outcome.UNKNOWN}


def _holds_of(
    booking_id: str,
    first_slots: set[str | None],
    booking: StoredBooking | None,
    creation: Operation | None,
    changes: list[Operation],
) -> Iterator[Hold]:
    client = creation.actor if creation else booking.client if booking else ""
    created_at = booking.created_at.timestamp() - CLOCK_SKEW_SECONDS if booking else FOREVER
    begin = min(creation.start if creation else FOREVER, created_at)
    surely_from = creation.end if creation else FOREVER
    until = min((change.start for change in changes), default=FOREVER)
    number = creation.number if creation else None
    for slot in filter(None, first_slots):
        yield Hold(slot, booking_id, client, begin, _may_end(booking, slot, changes), surely_from, until, number)
    for move in changes:
        if move.kind is not Kind.RESCHEDULE:
            continue
        later = [other for other in changes if other is not move and other.latest_effect >= move.start]
        may_end = _may_end(booking, move.slot or "", later)
        surely_from = move.end if move.outcome is Outcome.DONE else FOREVER
        until = min((change.start for change in later), default=FOREVER)
        yield Hold(move.slot or "", booking_id, client, move.start, may_end, surely_from, until, move.number)
    if booking and booking.moves and not creation:
        yield Hold(booking.slot, booking_id, client, begin, FOREVER, FOREVER, FOREVER)


def _may_end(booking: StoredBooking | None, slot: str, changes: list[Operation]) -> float:
    """Until when the booking may have held the slot, given what happened to it afterwards."""
    if booking is None or (booking.is_confirmed and booking.slot == slot):
        return FOREVER
    return max((change.latest_effect for change in changes), default=FOREVER)


def no_slot_was_held_twice(evidence: Evidence) -> Found:
    """Also not for a moment: two holds that both surely lasted never share an instant."""
    for slot, found in holds(evidence).items():
        for one, other in combinations(found, 2):
            together_from = max(one.surely_from, other.surely_from)
            if one.booking != other.booking and together_from < min(one.surely_until, other.surely_until):
                yield "two bookings held the slot at once", (slot, *sorted((one.booking, other.booking)))


def every_refusal_had_a_cause(evidence: Evidence) -> Found:
    held = holds(evidence)
    for operation in evidence.history:
        if operation.outcome is Outcome.REFUSED and operation.kind is not Kind.READ:
            cause = CAUSES.get((operation.kind, operation.reason or ""))
            if cause is None or not cause(evidence, operation, held):
                what = f"{operation.kind} was refused ({operation.status} {operation.reason}) without a cause"
                yield f"{what}: #{operation.number}", (operation.slot or "", operation.booking or "")


type Cause = Callable[[Evidence, Operation, Mapping[str, list[Hold]]], bool]


def _was_held(_: Evidence, operation: Operation, held: Mapping[str, list[Hold]]) -> bool:
    return any(
        hold.may_overlap(operation) and hold.by != operation.number for hold in held.get(operation.slot or "", [])
    )


def _was_held_by_actor(_: Evidence, operation: Operation, held: Mapping[str, list[Hold]]) -> bool:
    found = held.get(operation.slot or "", [])
    return any(hold.may_overlap(operation) and hold.client == operation.actor for hold in found)


def _may_have_been_free(_: Evidence, operation: Operation, held: Mapping[str, list[Hold]]) -> bool:
    return not any(hold.surely_covers(operation) for hold in held.get(operation.slot or "", []))


def _had_been_deleted(evidence: Evidence, operation: Operation, _: Mapping[str, list[Hold]]) -> bool:
    return any(found.slot == operation.slot for found in _before(evidence, operation, Kind.DELETE))


def _had_been_cancelled(evidence: Evidence, operation: Operation, _: Mapping[str, list[Hold]]) -> bool:
    return any(found.booking == operation.booking for found in _before(evidence, operation, Kind.CANCEL))


def _had_joined(evidence: Evidence, operation: Operation, _: Mapping[str, list[Hold]]) -> bool:
    joins = _before(evidence, operation, Kind.JOIN)
    return any((found.slot, found.actor) == (operation.slot, operation.actor) for found in joins)


def _had_left_the_line(evidence: Evidence, operation: Operation, _: Mapping[str, list[Hold]]) -> bool:
    leaves = _before(evidence, operation, Kind.LEAVE)
    if any((found.slot, found.actor) == (operation.slot, operation.actor) for found in leaves):
        return True
    return bool(_promotions(evidence, operation.slot or "", operation.actor, LONG_AGO))


def _key_had_been_used(evidence: Evidence, operation: Operation, _: Mapping[str, list[Hold]]) -> bool:
    return any(
        (found.actor, found.key) == (operation.actor, operation.key) and found.slot != operation.slot
        for found in _before(evidence, operation, Kind.BOOK)
    )


def _time_was_taken(evidence: Evidence, operation: Operation, _: Mapping[str, list[Hold]]) -> bool:
    """Another slot of this specialist at that time may have been there."""
    deleted = {op.slot or "": op for op in evidence.history.of(Kind.DELETE) if op.outcome is Outcome.DONE}
    for found in _before(evidence, operation, Kind.OPEN):
        if found.actor != operation.actor or not _times_overlap(found.times, operation.times):
            continue
        gone = deleted.get(found.slot or "")
        if gone is None or gone.end >= operation.start:
            return True
    return False


def _is_of_another_specialist(evidence: Evidence, operation: Operation, _: Mapping[str, list[Hold]]) -> bool:
    owners = {found.slot: found.actor.removeprefix("usr_") for found in evidence.history.of(Kind.OPEN)}
    return any(
        booking.specialist.removeprefix("spc_") != owners.get(operation.slot)
        for booking in evidence.tables.bookings
        if booking.id == operation.booking
    )


CAUSES: Mapping[tuple[Kind, str], Cause] = {
    (Kind.BOOK, "slot_already_booked"): _was_held,
    (Kind.BOOK, "slot_not_found"): _had_been_deleted,
    (Kind.BOOK, "idempotency_key_reused"): _key_had_been_used,
    (Kind.RESCHEDULE, "slot_already_booked"): _was_held,
    (Kind.RESCHEDULE, "slot_not_found"): _had_been_deleted,
    (Kind.RESCHEDULE, "booking_not_confirmed"): _had_been_cancelled,
    (Kind.RESCHEDULE, "other_specialist"): _is_of_another_specialist,
    (Kind.JOIN, "slot_available"): _may_have_been_free,
    (Kind.JOIN, "slot_not_found"): _had_been_deleted,
    (Kind.JOIN, "already_waiting"): _had_joined,
    (Kind.JOIN, "already_booked_by_client"): _was_held_by_actor,
    (Kind.LEAVE, "wait_list_entry_not_found"): _had_left_the_line,
    (Kind.OPEN, "slot_overlaps"): _time_was_taken,
    (Kind.DELETE, "slot_booked"): _was_held,
    (Kind.DELETE, "slot_not_found"): _had_been_deleted,
}


def the_line_moved_in_order(evidence: Evidence) -> Found:
    """Whoever was promoted had joined before everybody who surely stood in line then."""
    joins = _by_slot(op for op in evidence.history.of(Kind.JOIN) if op.may_have_happened)
    for promotion in evidence.tables.bookings:
        if not promotion.from_wait_list or promotion.moves:
            continue
        in_line = joins.get(promotion.slot, [])
        meanwhile = _handing_over(evidence, promotion)
        own = [join for join in in_line if join.actor == promotion.client]
        promoted_joined = _earliest_place(evidence, own, meanwhile)
        for other in in_line:
            if other.outcome is not Outcome.DONE or other.actor == promotion.client:
                continue
            if _joined_at(other).timestamp() < promoted_joined and _stood_in_line(evidence, other, meanwhile):
                yield (
                    f"{promotion.client} was promoted before {other.actor}, who had joined earlier",
                    (promotion.slot, promotion.id),
                )


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
    return _joined_at(join).timestamp() if join.outcome is Outcome.DONE else join.start - CLOCK_SKEW_SECONDS


def _was_over(evidence: Evidence, join: Operation, meanwhile: Span) -> bool:
    """Whether that place surely was no more when the slot was handed over.

    Its client had left since, or had joined anew, which only one can do who stands in the line no more.
    """
    return any(
        (later.slot, later.actor) == (join.slot, join.actor)
        and later.outcome is Outcome.DONE
        and _latest_effect(join) < later.start
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
    ends = (
        _latest_effect(op)
        for op in evidence.history.of(Kind.CANCEL, Kind.RESCHEDULE)
        if op.may_have_happened and op.start - CLOCK_SKEW_SECONDS <= moment <= _latest_effect(op) + CLOCK_SKEW_SECONDS
    )
    return Span(moment - CLOCK_SKEW_SECONDS, min(max(ends, default=no_later), no_later) + CLOCK_SKEW_SECONDS)


def _latest_effect(operation: Operation) -> float:
    """As `Operation.latest_effect`, with an end to what was not answered."""
    return min(operation.latest_effect, operation.start + UNANSWERED_ENDS_WITHIN.total_seconds())


def _departure(evidence: Evidence, join: Operation) -> float:
    """When whoever joined may have left the line at the earliest."""
    leaves = [
        leave.start
        for leave in evidence.history.of(Kind.LEAVE)
        if (leave.slot, leave.actor) == (join.slot, join.actor)
        and leave.may_have_happened
        and _latest_effect(leave) >= join.start
    ]
    promotions = _promotions(evidence, join.slot or "", join.actor, _joined_at(join))
    dates = (promotion.created_at.timestamp() - CLOCK_SKEW_SECONDS for promotion in promotions)
    return min([*leaves, *dates], default=FOREVER)


def _promotions(evidence: Evidence, slot: str, client: str, since: datetime) -> list[StoredBooking]:
    """Promotions of the client that may have been in that line: of that slot, or moved since.

    A promotion is dated by the request that freed the slot, which may have begun before the client joined.
    """
    return [
        booking
        for booking in evidence.promotions.get(client, [])
        if (booking.slot == slot or booking.moves) and booking.created_at >= since - LONGEST_REQUEST
    ]


def _before(evidence: Evidence, operation: Operation, kind: Kind) -> Iterator[Operation]:
    """Other operations that may have happened before that one was answered."""
    return (
        found
        for found in evidence.history.of(kind)
        if found is not operation and found.may_have_happened and found.start <= operation.end
    )


def _joined_at(join: Operation) -> datetime:
    return datetime.fromisoformat((join.body or {})["created_at"])


def _times_overlap(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """RFC 3339 in UTC sorts as text."""
    return one is not None and other is not None and one[0] < other[1] and other[0] < one[1]


def _days_touched(slot: StoredSlot) -> list[str]:
    first, last = slot.start.date(), (slot.end - timedelta(microseconds=1)).date()
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def _confirmed_by_slot(tables: Tables) -> Mapping[str, list[StoredBooking]]:
    found: dict[str, list[StoredBooking]] = defaultdict(list)
    for booking in tables.bookings:
        if booking.is_confirmed:
            found[booking.slot].append(booking)
    return found


def _entries_by_slot(tables: Tables) -> Mapping[str, list[StoredEntry]]:
    found: dict[str, list[StoredEntry]] = defaultdict(list)
    for entry in tables.entries:
        found[entry.slot].append(entry)
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
    "1  at most one confirmed booking per slot": one_booking_per_slot,
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
    "   acknowledged bookings and moves are there": acknowledged_bookings_are_there,
    "   acknowledged cancellations stick": acknowledged_cancellations_stick,
    "   acknowledged slots and deletions stick": acknowledged_slots_are_there,
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
