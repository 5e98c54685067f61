"""Sweeps: work on whatever is due in a shard, page by page, until nothing is left or time runs short.

What a sweep has worked on leaves the index that it reads, so a later one goes on where this one stopped, and two that
run at once only find less to do.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pynamodb.expressions.condition import Condition

from booking.background.queues import TryLater
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.items import Item
from booking.dynamodb.queries import query_raw
from booking.errors import StoreUnavailable
from booking.telemetry.log import logger

PAGE_SIZE = 100
LEAST_TIME_LEFT_MS = 15_000  # longer than an item takes, unless the store hangs all the time

type Position = Mapping[str, str]
"""An item's key in the index: where a run stopped, and another goes on."""


@dataclass(frozen=True, slots=True)
class Due:
    """Part of an index: the items of one partition that are due.

    `key` names the attributes of an item's key in the index, the partition's first.
    """

    items: type[Item]
    index_name: str
    partition: str
    within: Condition
    key: Sequence[str]

    def position_of(self, item: RawItem) -> Position:
        """The item's key in the index."""
        return {name: item[name]["S"] for name in self.key}

    def first_page(self) -> Sequence[RawItem]:
        """The first items, at most `PAGE_SIZE`."""
        return query_raw(self.items, self.index_name, self.partition, self.within, PAGE_SIZE, None)[0]

    def all(self, after: Position | None) -> Iterator[RawItem]:
        """Every item, or those behind a position in this partition."""
        start: RawItem | None = {name: {"S": after[name]} for name in self.key} if after else None
        while True:
            items, start = query_raw(self.items, self.index_name, self.partition, self.within, PAGE_SIZE, start)
            yield from items
            if start is None:
                break


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one run may do: it works as long as enough of its time is left."""

    time_left_ms: Callable[[], int]

    def time_is_short(self) -> bool:
        """Whether one more item might not be done in time."""
        return self.time_left_ms() < LEAST_TIME_LEFT_MS


@dataclass(frozen=True, slots=True)
class Work:
    """What a sweep does with an item.

    `do` names the outcome. An item that fails in a way nobody expected goes to `give_up`.
    """

    do: Callable[[RawItem], str]
    give_up: Callable[[RawItem, Exception], None]


@dataclass(slots=True)
class Report:
    """What a run did: how often each outcome came about, and the position of the last item that it came to.

    Beside the outcomes that the work names, `dead` counts items that were given up, and `later` those that
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


def sweep(due: Sequence[Due], work: Work, bounds: Bounds, after: Position | None = None) -> Report:
    """Works on each item that is due in the parts of a shard; `after` is what an earlier run has reached."""
    report = Report(reached=after)
    for part, item in _items(due, after):
        if bounds.time_is_short():
            report.outcomes["unfinished"] = 1
            break
        report.outcomes[_outcome(item, work)] += 1
        report.reached = part.position_of(item)
    return report


def longest_due(due: Sequence[Due], due_since: Callable[[RawItem], datetime], now: datetime) -> float | None:
    """For how many seconds the oldest due item of a shard has been due; None when nothing is.

    Of each part the first page is looked at, that is, what is due soonest. An item that cannot tell counts as due now.
    """
    return max((_seconds_due(item, due_since, now) for part in due for item in part.first_page()), default=None)


def _seconds_due(item: RawItem, due_since: Callable[[RawItem], datetime], now: datetime) -> float:
    try:
        return (now - due_since(item)).total_seconds()
    except (KeyError, ValueError):
        return 0.0


def _items(due: Sequence[Due], after: Position | None) -> Iterator[tuple[Due, RawItem]]:
    """Parts that lie before `after` were worked off by whoever reached it."""
    partitions = [part.partition for part in due]
    first = partitions.index(after[due[0].key[0]]) if after else 0
    for part in due[first:]:
        yield from ((part, item) for item in part.all(after if part is due[first] else None))


def _outcome(item: RawItem, work: Work) -> str:
    try:
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
