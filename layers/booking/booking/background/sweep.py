"""Sweeps: work on whatever is due, in bounded batches, until nothing is left or time runs short.

What a sweep has worked on leaves the index that it reads, so the next sweep goes on where this one
stopped, and two that run at once only find less to do.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pynamodb.expressions.condition import Condition

from booking.background.retry import TryLater
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.items import Item
from booking.dynamodb.queries import query_raw
from booking.errors import StoreUnavailable
from booking.telemetry.log import logger

PAGE_SIZE = 100
MOST_PER_RUN = 1000
LEAST_TIME_LEFT_MS = 15_000  # longer than an item takes, unless the store hangs all the time


@dataclass(frozen=True, slots=True)
class Due:
    """Part of an index: the items of one partition that are due."""

    items: type[Item]
    index_name: str
    partition: str
    within: Condition


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one run may do: so many items, and as long as enough of its time is left."""

    time_left_ms: Callable[[], int]
    most: int = MOST_PER_RUN

    def reached(self, worked_on: int) -> bool:
        """Whether the run must stop here."""
        return worked_on >= self.most or self.time_is_short()

    def time_is_short(self) -> bool:
        """Whether one more item might not be done in time."""
        return self.time_left_ms() < LEAST_TIME_LEFT_MS


@dataclass(frozen=True, slots=True)
class Work:
    """What a sweep does with an item.

    `do` names the outcome. An item that fails in a way nobody expected goes to `give_up`.
    """

    due_since: Callable[[RawItem], datetime]
    do: Callable[[RawItem], str]
    give_up: Callable[[RawItem, Exception], None]


@dataclass(slots=True)
class Report:
    """What a run did: how often each outcome came about, and how late it was.

    Beside the outcomes that the work names, `dead` counts items that were given up, and `later` those that
    must wait; `unfinished` is 1 when the bounds were reached. `lag_seconds` is how long the oldest item that
    the run came to had been due when the run began; 0 when nothing was due. What a bounded run did not come
    to, it cannot tell of.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    lag_seconds: float = 0.0

    @property
    def leaves_something(self) -> bool:
        """Whether something that was due is left for the next run."""
        return self.outcomes["unfinished"] + self.outcomes["later"] > 0


def sweep(due: Iterable[Due], work: Work, now: datetime, bounds: Bounds) -> Report:
    """Works on each item that is due."""
    report = Report()
    for item in _items(due):
        if bounds.reached(report.outcomes.total()):
            report.outcomes["unfinished"] = 1
            break
        report.outcomes[_outcome(item, work, now, report)] += 1
    return report


def _items(due: Iterable[Due]) -> Iterator[RawItem]:
    for part in due:
        start = None
        while True:
            items, start = query_raw(part.items, part.index_name, part.partition, part.within, PAGE_SIZE, start)
            yield from items
            if start is None:
                break


def _outcome(item: RawItem, work: Work, now: datetime, report: Report) -> str:
    try:
        report.lag_seconds = max(report.lag_seconds, (now - work.due_since(item)).total_seconds())
        return work.do(item)
    except (TryLater, StoreUnavailable):
        return "later"
    except Exception as error:  # noqa: BLE001  # the outermost edge of one item's work
        logger.exception("an item cannot be worked on")
        return _given_up(item, error, work)


def _given_up(item: RawItem, error: Exception, work: Work) -> str:
    try:
        work.give_up(item, error)
    except Exception:  # noqa: BLE001  # the outermost edge of one item's work
        logger.exception("an item cannot be put aside")
        return "later"
    return "dead"
