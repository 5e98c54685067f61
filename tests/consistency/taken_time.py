"""Who held which slot, and took which time, when: as far as the history and the tables can tell."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, combinations

from tests.consistency.evidence import (
    CLOCK_SKEW_SECONDS,
    UNANSWERED_ENDS_WITHIN,
    Evidence,
    Found,
    Pieces,
    pieces_of_booking,
    share_a_minute,
    stretch_of,
)
from tests.consistency.history import FOREVER, History, Kind, Operation, Outcome
from tests.consistency.tables import Buffers, StoredBooking


@dataclass(frozen=True)
class Hold:
    """A booking of a slot, a hand-opened slot or time off: when it may have begun and ended, and when it surely lasted.

    `slot` is that of the booking, the hand-opened one, or the time off, and `pieces` is the time that it takes.
    """

    slot: str
    booking: str
    client: str
    may_begin: float
    may_end: float
    surely_from: float
    surely_until: float
    by: int | None = None
    """The operation that made it, where that is known."""
    pieces: Pieces = ()

    @property
    def id(self) -> str:
        return self.booking or self.slot

    def may_overlap(self, operation: Operation) -> bool:
        return self.may_begin <= operation.end and operation.start <= self.may_end

    def surely_covers(self, operation: Operation) -> bool:
        return self.surely_from < operation.start and operation.end < self.surely_until


@dataclass(frozen=True)
class Held:
    """Everything that was ever held."""

    slots: Mapping[str, list[Hold]]
    """The bookings, by slot."""
    time: Mapping[str, list[Hold]]
    """Whatever takes time, by specialist."""


def everything_held(evidence: Evidence) -> Held:
    slots = holds(evidence)
    time: dict[str, list[Hold]] = defaultdict(list)
    for hold in chain(*slots.values(), _opened_and_off(evidence)):
        if hold.pieces:
            time[hold.pieces[0].specialist].append(hold)
    return Held(slots, time)


def holds(evidence: Evidence) -> dict[str, list[Hold]]:
    """Every booking's hold on every slot, by slot."""
    found: dict[str, list[Hold]] = defaultdict(list)
    stored = evidence.stored
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
            found[hold.slot].append(replace(hold, pieces=_pieces(evidence, hold, booking)))
    return found


def _pieces(evidence: Evidence, hold: Hold, booking: StoredBooking | None) -> Pieces:
    stretch = evidence.stretches.get(hold.slot)
    return pieces_of_booking(hold.slot, stretch, booking.buffers if booking else Buffers()) if stretch else ()


def _opened_and_off(evidence: Evidence) -> Iterator[Hold]:
    """Hand-opened slots and time off."""
    ends: dict[str, list[Operation]] = defaultdict(list)
    for operation in evidence.history.of(Kind.DELETE, Kind.END_OFF):
        if operation.may_have_happened:
            ends[operation.slot or ""].append(operation)
    for operation in evidence.history.of(Kind.OPEN, Kind.TAKE_OFF):
        stretch = stretch_of(operation)
        if stretch is None or not operation.may_have_happened:
            continue
        is_known = operation.outcome is Outcome.DONE
        ended_by = ends[operation.slot or ""] if is_known else []
        yield Hold(
            operation.slot or "",
            "",
            operation.actor,
            operation.start,
            max((end.latest_effect for end in ended_by), default=FOREVER),
            operation.end if is_known else FOREVER,
            min((end.start for end in ended_by), default=FOREVER),
            operation.number,
            (stretch,),
        )


def _first_slots(history: History, booking: StoredBooking | None) -> set[str | None]:
    """The slots that a booking may have begun with, of which the client was not told at first."""
    if booking is None:
        return set()
    told = {op.slot for op in history.of(Kind.BOOK) if op.booking == booking.id and op.outcome is Outcome.DONE}
    if told:
        return told
    if not booking.moves:
        return {booking.slot}
    asked = (op for op in history.of(Kind.JOIN, Kind.BOOK) if op.actor == booking.made_by and op.may_have_happened)
    return {op.slot for op in asked if op.kind is Kind.JOIN or op.outcome is Outcome.UNKNOWN}


def _holds_of(
    booking_id: str,
    first_slots: set[str | None],
    booking: StoredBooking | None,
    creation: Operation | None,
    changes: list[Operation],
) -> Iterator[Hold]:
    client = creation.actor if creation else booking.made_by if booking else ""
    created_at = booking.created_at.timestamp() - CLOCK_SKEW_SECONDS if booking else FOREVER
    begin = min(creation.start if creation else FOREVER, created_at)
    surely_from = creation.end if creation else FOREVER
    until = min((change.start for change in changes), default=FOREVER)
    if booking and booking.has_lapsed and booking.hold_expires_at:
        until = min(until, booking.hold_expires_at.timestamp())
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
    if booking is None or (booking.is_open and booking.slot == slot):
        return FOREVER
    if booking.has_lapsed and booking.cancelled_at:
        return (booking.cancelled_at + UNANSWERED_ENDS_WITHIN).timestamp()
    return max((change.latest_effect for change in changes), default=FOREVER)


def no_slot_was_held_twice(evidence: Evidence) -> Found:
    """Also not for a moment: two holds that both surely lasted never share an instant."""
    for slot, found in holds(evidence).items():
        for one, other in combinations(found, 2):
            together_from = max(one.surely_from, other.surely_from)
            if one.booking != other.booking and together_from < min(one.surely_until, other.surely_until):
                yield "two bookings held the slot at once", (slot, *sorted((one.booking, other.booking)))


def no_minute_was_taken_twice(evidence: Evidence) -> Found:
    """Also not for a moment, whatever took it: a booking with its buffers, a hand-opened slot, time off."""
    for found in everything_held(evidence).time.values():
        for one, other in _surely_together(found):
            if one.id != other.id and share_a_minute(one.pieces, other.pieces):
                yield "two things of one specialist took a minute at once", tuple(sorted((one.id, other.id)))


def _surely_together(found: Iterable[Hold]) -> Iterator[tuple[Hold, Hold]]:
    """Those that surely lasted at one moment."""
    lasting: list[Hold] = []
    for hold in sorted(found, key=lambda hold: hold.surely_from):
        if hold.surely_from >= hold.surely_until:
            continue
        lasting = [earlier for earlier in lasting if earlier.surely_until > hold.surely_from]
        yield from ((earlier, hold) for earlier in lasting)
        lasting.append(hold)
