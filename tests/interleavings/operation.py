"""What an operation that meets others is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from booking.background.sweep import Bounds
from booking.bookings.errors import (
    BookingHasExpired,
    HoldHasEnded,
    KeyUsedForOtherRequest,
    NoAttendance,
    NoLongerChangeable,
    NotConfirmed,
    SlotNotStarted,
    TooManyOpenHolds,
)
from booking.errors import BookingError, Forbidden
from booking.slots.errors import (
    AlreadyWaiting,
    BookedSlot,
    HoldsSlot,
    SlotAlreadyBooked,
    SlotIsAvailable,
    SlotNotFound,
    SlotOverlaps,
    SlotStarted,
    TimeTaken,
)
from booking.specialists.errors import ServiceNotOffered
from tests.instants import HOUR, MINUTE, NOW

NINE = NOW + HOUR
HALF_PAST_NINE = NINE + HOUR / 2
SOON = NOW + MINUTE

type Refusals = tuple[type[BookingError], ...]

BOOK: Refusals = (SlotAlreadyBooked, SlotNotFound, SlotStarted, ServiceNotOffered, KeyUsedForOtherRequest)
HOLD: Refusals = (*BOOK, TooManyOpenHolds)
CONFIRM: Refusals = (HoldHasEnded,)
ATTEND: Refusals = (NoAttendance, SlotNotStarted)
CANCEL: Refusals = (BookingHasExpired, SlotStarted, NoLongerChangeable)
MOVE: Refusals = (NotConfirmed, SlotStarted, SlotNotFound, SlotAlreadyBooked, NoLongerChangeable)
JOIN: Refusals = (SlotIsAvailable, AlreadyWaiting, HoldsSlot, SlotNotFound, SlotStarted, ServiceNotOffered)
OPEN: Refusals = (SlotOverlaps, TimeTaken, Forbidden)
DELETE: Refusals = (SlotNotFound, BookedSlot)
ALL_THE_TIME = Bounds(time_left_ms=lambda: 900_000)


@dataclass(frozen=True)
class Operation:
    """What somebody asks for.

    `is_one_write` is False where the code says that more follows in writes of its own. A sweep comes again, so that
    what it leaves is looked at after the next one (`comes_again`), and its report tells of no state of things.
    What `may_answer_twice` is judged by an earlier read, or by what its write has found, so that its repeat may not see
    its own success.
    Only what `changes_bookings` may end or move one, or say whether its client has come. `now` is no earlier than
    what its clock says.
    """

    name: str
    run: Callable[[], object]
    refusals: Refusals = ()
    is_one_write: bool = True
    comes_again: bool = False
    changes_bookings: bool = False
    may_answer_twice: bool = False
    now: datetime = SOON
