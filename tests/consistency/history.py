"""What the clients did and what they were told: the history that every check is made against."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import ConfigDict

FOREVER = float("inf")


class Kind(StrEnum):
    """What a client asks for."""

    BOOK = "book"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    JOIN = "join"
    LEAVE = "leave"
    OPEN = "open slot"
    DELETE = "delete slot"
    LIST = "list slots"
    TAKE_OFF = "take time off"
    END_OFF = "delete time off"
    SET_WEEK = "set the week"
    SET_DATE = "set a date"
    SET_SERVICE = "set a service"
    READ = "read"
    INTRUDE = "use a link elsewhere"
    ATTEND = "say who came"
    ERASE = "erase oneself"


HOURS = frozenset({Kind.SET_WEEK, Kind.SET_DATE, Kind.SET_SERVICE})
"""What slots from hours depend on, whichever they are."""


class Outcome(StrEnum):
    """What a client knows afterwards."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """No answer, or a 5xx: it may have happened or not."""


@dataclass
class Operation:
    """One request and its answer; times are seconds since 1970, `end` is when the client stopped waiting."""

    __pydantic_config__: ClassVar[ConfigDict] = {"ser_json_inf_nan": "constants"}  # in files, `FOREVER` is Infinity

    number: int
    kind: Kind
    actor: str
    slot: str | None = None
    """What it is about, a slot or time off; for a reschedule, the slot to move to."""
    specialist: str | None = None
    """Whose time it is about."""
    booking: str | None = None
    """The booking that it is about; of a booking that was made, its id."""
    key: str | None = None
    hold_seconds: int | None = None
    """For how long the booking is to be held, if it is."""
    times: tuple[str, str] | None = None
    """Start and end of that slot or time off."""
    service: str | None = None
    """The service that is asked for, or changed."""
    listing: int | None = None
    """The number of the list that showed the slot as free, if it is asked for at once."""
    wanted: dict[str, Any] | None = None
    """What the hours or the service shall be from now on."""
    start: float = 0.0
    end: float = FOREVER
    status: int | None = None
    reason: str | None = None
    body: dict[str, Any] | None = None
    retry_of: int | None = None
    part_of: int | None = None
    """The number of the operation that this is, or may be, a part of: nobody has asked for it alone."""

    @property
    def label(self) -> str:
        return f"#{self.number}"

    @property
    def outcome(self) -> Outcome:
        if self.status is None or self.status >= 500:
            return Outcome.UNKNOWN
        return Outcome.DONE if self.status < 300 else Outcome.REFUSED

    @property
    def may_have_happened(self) -> bool:
        return self.outcome is not Outcome.REFUSED

    @property
    def latest_effect(self) -> float:
        """What was not answered may still take effect when its client has gone."""
        return self.end if self.outcome is Outcome.DONE else FOREVER

    def __str__(self) -> str:
        about = " ".join(
            f"{name}={value}"
            for name, value in (
                ("slot", self.slot),
                ("times", "/".join(self.times or ())),
                ("service", self.service),
                ("booking", self.booking),
                ("hold", self.hold_seconds),
                ("key", self.key),
                ("wanted", self.wanted),
            )
            if value
        )
        unshaped = self.body if self.status and self.status >= 500 and not self.reason else ""
        answer = f"{self.status or 'no answer'} {self.reason or unshaped or ''}".strip()
        repeated = (
            f" (repeats #{self.retry_of})" if self.retry_of else f" (part of #{self.part_of})" if self.part_of else ""
        )
        return f"{self.label} {self.start:.3f}..{self.end:.3f} {self.actor} {self.kind} {about} -> {answer}{repeated}"


@dataclass
class History:
    """All operations, in the order in which they were sent."""

    operations: list[Operation] = field(default_factory=list)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def __len__(self) -> int:
        return len(self.operations)

    def new(self, kind: Kind, actor: str, **about: Any) -> Operation:
        operation = Operation(len(self.operations) + 1, kind, actor, **about)
        self.operations.append(operation)
        return operation

    def of(self, *kinds: Kind) -> Iterator[Operation]:
        return (operation for operation in self.operations if operation.kind in kinds)

    def touching(self, ids: Iterable[str]) -> "History":
        """The operations that have to do with any of these slots, bookings, keys or labels, and what all depend on."""
        wanted = set(ids)
        return self.where(lambda operation: operation.kind in HOURS or bool(wanted & _names_of(operation)))

    def where(self, condition: Callable[[Operation], bool]) -> "History":
        return History([operation for operation in self.operations if condition(operation)])


def _names_of(operation: Operation) -> set[str | None]:
    return {operation.label, operation.slot, operation.booking, operation.key, *_ids_in(operation.body)}


def _ids_in(body: dict[str, Any] | None) -> set[str]:
    return {value for name, value in (body or {}).items() if name in {"id", "slot_id"} and isinstance(value, str)}
