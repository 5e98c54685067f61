"""What the checks look at, and what is wrong when one of them finds something."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from tests.consistency.history import History, Kind, Operation
from tests.consistency.tables import Buffers, StoredBooking, StoredSlot, Tables, is_from_hours

CLOCK_SKEW_SECONDS = 0.25
"""By how much the clocks of clients and functions may differ."""
LONGEST_REQUEST = timedelta(seconds=30)
"""No function runs longer."""
UNANSWERED_ENDS_WITHIN = 2 * LONGEST_REQUEST
"""What was not answered has happened by then or never will: no request waits longer for its function than it runs."""


@dataclass(frozen=True)
class Violation:
    """A guarantee that does not hold: what is wrong, and the slots, bookings or keys that show it."""

    invariant: str
    what: str
    ids: tuple[str, ...]


type Found = Iterator[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Stretch:
    """Some time of a specialist's, in whole minutes; `end` does not belong to it."""

    specialist: str
    start: datetime
    end: datetime

    def overlaps(self, other: "Stretch") -> bool:
        return self.specialist == other.specialist and self.start < other.end and other.start < self.end


type Pieces = tuple[Stretch, ...]


def pieces_of_booking(slot_id: str, slot: Stretch, buffers: Buffers) -> Pieces:
    """The time that a booking takes; a hand-opened slot has taken its own already, so that only buffers are left."""
    before, after = slot.start - buffers.before, slot.end + buffers.after
    if is_from_hours(slot_id):
        return (Stretch(slot.specialist, before, after),)
    around = (Stretch(slot.specialist, before, slot.start), Stretch(slot.specialist, slot.end, after))
    return tuple(piece for piece in around if piece.start < piece.end)


def share_a_minute(some: Pieces, others: Pieces) -> bool:
    return any(one.overlaps(other) for one in some for other in others)


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

    @cached_property
    def stored(self) -> Mapping[str, StoredBooking]:
        """The bookings, by id."""
        return {booking.id: booking for booking in self.tables.bookings}

    @cached_property
    def stretches(self) -> Mapping[str, Stretch]:
        """When the slots are, or were, of which anybody has heard."""
        found = {slot.id: Stretch(slot.specialist, slot.start, slot.end) for slot in self.tables.slots}
        for booking in self.tables.bookings:
            found[booking.slot] = Stretch(booking.specialist, booking.start, booking.end)
        for operation in self.history:
            if operation.slot and (stretch := stretch_of(operation)):
                found[operation.slot] = stretch
        return found

    @cached_property
    def writes_of_hours(self) -> Mapping[tuple[Kind, str], list[Operation]]:
        """What may have changed the week and the dates of a specialist, or a service: by kind and whose it is."""
        found: dict[tuple[Kind, str], list[Operation]] = defaultdict(list)
        for operation in self.history.of(Kind.SET_WEEK, Kind.SET_DATE, Kind.SET_SERVICE):
            if operation.may_have_happened:
                found[operation.kind, operation.service or operation.specialist or ""].append(operation)
        return found

    @cached_property
    def erased(self) -> frozenset[str]:
        """Who may have been erased."""
        return frozenset(found.actor for found in self.history.of(Kind.ERASE) if found.may_have_happened)

    def starts_of(self, operation: Operation) -> list[float]:
        """When the slots begin that it is about, and those in which its booking may have been."""
        found = {operation.slot}
        if booking := self.stored.get(operation.booking or ""):
            found.add(booking.slot)
        if operation.booking:
            found |= {
                other.slot
                for other in self.history.of(Kind.BOOK, Kind.RESCHEDULE)
                if other.booking == operation.booking
            }
        return [self.stretches[slot].start.timestamp() for slot in found if slot and slot in self.stretches]

    def upcoming(self) -> Iterator[StoredSlot]:
        """The slots that have not started: a line ends when its slot does."""
        return (slot for slot in self.tables.slots if slot.start > self.now)


def stretch_of(operation: Operation) -> Stretch | None:
    """The time that an operation is about."""
    if operation.times is None or operation.specialist is None:
        return None
    start, end = (datetime.fromisoformat(text).astimezone(UTC) for text in operation.times)
    return Stretch(operation.specialist, start, end)


def latest_effect(operation: Operation) -> float:
    """As `Operation.latest_effect`, with an end to what was not answered."""
    return min(operation.latest_effect, operation.start + UNANSWERED_ENDS_WITHIN.total_seconds())
