"""What the guarantees are held against."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from booking.runtime.clock import epoch_seconds, to_stored
from tests.interleavings.tables import Row, Tables

type Found = Iterator[str]
type Guarantee = Callable[["Evidence"], Found]


@dataclass(frozen=True)
class Evidence:
    """What was stored before the operations began, and what is stored now. No clock is ahead of `now`."""

    before: Tables
    after: Tables
    now: datetime
    may_change_bookings: bool = True

    def is_still_on(self, entry: Row) -> bool:
        """Whether what the entry waits for has not started by any clock."""
        return bool(entry["expires_at"] > epoch_seconds(self.now))

    def is_to_come(self, slot: Row) -> bool:
        """Whether the slot has not started by any clock."""
        return str(slot["start_at"]) > to_stored(self.now)
