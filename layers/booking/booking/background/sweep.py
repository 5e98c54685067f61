"""Sweeps: work on whatever is due in a shard, page by page, until nothing is left or time runs short.

What a sweep has worked on leaves the index that it reads, so a later one goes on where this one stopped, and two that
run at once only find less to do.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.indexes import Index

from booking.background.queues import TryLater
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.queries import position_of, query_raw
from booking.errors import StoreUnavailable
from booking.telemetry.log import logger

PAGE_SIZE = 100
LEAST_TIME_LEFT_MS = 15_000  # longer than an item takes, unless the store hangs all the time

type Position = Mapping[str, str]
"""An item's key in the index: where a run stopped, and another goes on."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one run may do: it works as long as enough of its time is left."""

    time_left_ms: Callable[[], int]

    def time_is_short(self) -> bool:
        """Whether one more item might not be done in time."""
        return self.time_left_ms() < LEAST_TIME_LEFT_MS


@dataclass(frozen=True, slots=True)
class Due:
    """The items of one partition of timers (`timer` is its key in the index) that are due."""

    index: Index[Any]
    timer: str
    within: Condition

    def items(self, after: Position | None = None) -> Iterator[RawItem]:
        """Every item, or those behind a position in this partition."""
        return query_raw(self.index, self.timer, self.within, page_size=PAGE_SIZE, start=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One kind of items that a sweep looks after.

    `due` are those of a shard that are due by now, `due_since` says of one since when. `do` names the outcome; an
    item that fails in a way nobody expected goes to `give_up`, which makes a dead letter of it.
    """

    due: Callable[[int, datetime], Due]
    due_since: Callable[[RawItem], datetime]
    do: Callable[[datetime, RawItem], str]
    give_up: Callable[[RawItem, Exception], None]


@dataclass(slots=True)
class Report:
    """What a run did: how often each outcome came about, and the position of the last item that it came to.

    Beside the outcomes that the work names, `given_up` counts those that became dead letters, and `later` those that
    must wait; `unfinished` is 1 when time ran short before everything was looked at.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    reached: Position | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether time ran short."""
        return self.outcomes["unfinished"] > 0

    @property
    def leaves_something(self) -> bool:
        """Whether something that was due is left for another run."""
        return self.outcomes["unfinished"] + self.outcomes["later"] > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What is due in every shard, kind by kind.

    A dispatch begins `every` so often. Its messages come after so many seconds (`delays`, at most 900): a sweep may run
    more often than a schedule can start it. The outcome `done` counts as `counter`, if it has one (of
    `metrics.BUSINESS`); `lag` (one of `metrics.LAGS`) is how long the oldest item has been due.
    """

    name: str
    every: Callable[[], timedelta]
    work: Sequence[Work]
    done: str
    lag: str
    counter: str | None = None
    delays: Sequence[int] = (0,)

    def run(self, now: datetime, shard: int, bounds: Bounds, after: Position | None = None) -> Report:
        """Works on each item that is due in the shard; `after` is what an earlier run has reached."""
        report = Report(reached=after)
        for work, due, item in self._items(now, shard, after):
            if bounds.time_is_short():
                report.outcomes["unfinished"] = 1
                break
            report.outcomes[_outcome(now, item, work)] += 1
            report.reached = position_of(item, due.index)
        return report

    def seconds_due(self, now: datetime, shard: int, soon: timedelta) -> float | None:
        """For how long the oldest item of a shard has been due; None when nothing is, nor will be so soon.

        Of each kind the first page is looked at, that is, what is due soonest. An item that cannot tell counts as due
        now.
        """
        seconds = [
            _seconds_due(item, work.due_since, now)
            for work in self.work
            for item in islice(work.due(shard, now + soon).items(), PAGE_SIZE)
        ]
        return max(seconds, default=None)

    def _items(self, now: datetime, shard: int, after: Position | None) -> Iterator[tuple[Work, Due, RawItem]]:
        """Kinds that come before that of `after` were worked on by whoever reached it."""
        kinds = [(work, work.due(shard, now)) for work in self.work]
        first = [due.timer for _, due in kinds].index(after["timer"]) if after else 0
        for work, due in kinds[first:]:
            for item in due.items(after):
                yield work, due, item
            after = None


def _seconds_due(item: RawItem, due_since: Callable[[RawItem], datetime], now: datetime) -> float:
    try:
        return (now - due_since(item)).total_seconds()
    except (KeyError, ValueError):
        return 0.0


def _outcome(now: datetime, item: RawItem, work: Work) -> str:
    try:
        return work.do(now, item)
    except (TryLater, StoreUnavailable):
        return "later"
    except Exception as error:  # noqa: BLE001  # the outermost edge of one item's work
        logger.exception("an item cannot be worked on")
        return _given_up(item, error, work)


def _given_up(item: RawItem, error: Exception, work: Work) -> str:
    try:
        work.give_up(item, error)
    except Exception:  # noqa: BLE001  # the outermost edge of one item's work
        logger.exception("an item cannot be given up")
        return "later"
    return "given_up"
