"""Histories and tables made by hand, for the tests of the checks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.consistency.evidence import Evidence
from tests.consistency.history import History, Kind, Operation
from tests.consistency.invariants import INVARIANTS, violations
from tests.consistency.tables import (
    StoredBooking,
    StoredDay,
    StoredEntry,
    StoredHour,
    StoredMention,
    StoredPlace,
    StoredSlot,
    StoredTimeOff,
    Tables,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = NOW + timedelta(days=10)
END = START + timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
TIMES = ("2026-01-11T00:00:00Z", "2026-01-11T00:30:00Z")


def at(second: float) -> datetime:
    return NOW + timedelta(seconds=second)


def slot(name: str = "s", **about: Any) -> StoredSlot:
    return StoredSlot(**{"id": name, "specialist": "spc_1", "start": START, "end": END, **about})


def booking(name: str = "b", **about: Any) -> StoredBooking:
    values = {"id": name, "slot": "s", "client": "ann", "specialist": "spc_1", "status": "confirmed"}
    start, end = (END, END + timedelta(hours=1)) if about.get("slot") == "t" else (START, END)
    return StoredBooking(**{**values, "start": start, "end": end, "created_at": at(0), **about})


def ended(name: str = "b", **about: Any) -> StoredBooking:
    return booking(name, **{"status": "cancelled", "cancelled_at": at(5), "has_timer": False, **about})


def day(*slots: StoredSlot) -> StoredDay:
    return StoredDay("spc_1", "2026-01-11", frozenset((one.start, one.end) for one in slots))


def hour(*slots: StoredSlot) -> list[StoredHour]:
    """The records of the hours in which these slots take minutes."""
    taken: dict[datetime, set[int]] = {}
    for one in slots:
        for number in range((one.end - one.start) // MINUTE):
            minute = one.start + number * MINUTE
            taken.setdefault(minute.replace(minute=0), set()).add(minute.minute)
    return [StoredHour("spc_1", begin, frozenset(minutes)) for begin, minutes in taken.items()]


@dataclass
class Story:
    """Operations one after the other, each a second long, and what is stored at the end."""

    slots: list[StoredSlot] = field(default_factory=list)
    bookings: list[StoredBooking] = field(default_factory=list)
    entries: list[StoredEntry] = field(default_factory=list)
    days: list[StoredDay] | None = None
    hours: list[StoredHour] | None = None
    times_off: list[StoredTimeOff] = field(default_factory=list)
    places: list[StoredPlace] = field(default_factory=list)
    mentions: list[StoredMention] = field(default_factory=list)
    history: History = field(default_factory=History)
    functions_were_killed: bool = False

    def tell(self, kind: Kind, actor: str = "ann", status: int | None = 200, **about: Any) -> Operation:
        begin = about.pop("start", NOW.timestamp() + 10.0 * len(self.history))
        about = {"specialist": "spc_1", "end": begin + 1, **about}
        operation = self.history.new(kind, actor, start=begin, status=status, **about)
        if kind is Kind.JOIN and status == 201:
            operation.body = {"id": "w", "created_at": datetime.fromtimestamp(begin + 0.5, UTC).isoformat()}
        return operation

    def broken(self) -> set[str]:
        """The invariants that do not hold."""
        return {violation.invariant for violation in violations(self.evidence())}

    def evidence(self) -> Evidence:
        days = self.days if self.days is not None else ([day(*self.slots)] if self.slots else [])
        hours = self.hours if self.hours is not None else hour(*self.slots)
        tables = Tables(
            self.slots, self.bookings, self.entries, days, hours, self.times_off, self.places, self.mentions
        )
        return Evidence(self.history, tables, NOW, self.functions_were_killed)


def name_of(part: str) -> str:
    (name,) = [name for name in INVARIANTS if part in name]
    return name
