"""Sweeps, shard by shard: dispatchers find out what is due, workers do it.

Schedules start a dispatcher, which sends a message for each shard in which something is due; workers take the messages
from a queue, so no shard waits until another one is worked off. A worker whose time runs short hands the rest of its
shard on, with a message that says where it stopped. It does so until the next dispatch, which begins every shard anew:
the chains of two dispatches do not add up, and what one has left for later is looked at again. What two workers come to
is done once by the conditions of the item's own writes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from booking.background.queues import put_on_sweep_queue
from booking.background.run import run
from booking.background.sweep import LEAST_TIME_LEFT_MS, Bounds, Due, Position, Report, longest_due
from booking.dynamodb.attributes import RawItem
from booking.errors import StoreUnavailable
from booking.runtime.clock import current_instant, from_stored, to_stored
from booking.runtime.settings import settings
from booking.telemetry import metrics
from booking.telemetry.log import logger

type WorkOnShard = Callable[[datetime, int, Bounds, Position | None], Report]
"""One run: works on what is due now in a shard, from where another one stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What the dispatcher and the workers of a sweep need to know.

    The outcome `done` counts as `counter`, if it has one (of `metrics.BUSINESS`); `lag` (one of `metrics.LAGS`) is how
    long the oldest item has been due. A dispatch's messages come after so many seconds (`delays`, at most 900): a sweep
    may run more often than a schedule can start it.
    """

    name: str
    every: Callable[[], timedelta]
    due: Callable[[int, datetime], Sequence[Due]]
    due_since: Callable[[RawItem], datetime]
    work_on: WorkOnShard
    done: str
    lag: str
    counter: str | None = None
    delays: Sequence[int] = (0,)


@dataclass(frozen=True, slots=True)
class ShardMessage:
    """That something is due in a shard. At `until` the next dispatch begins; `after` is where another run stopped."""

    sweep: str
    shard: int
    until: datetime
    after: Position | None = None

    @property
    def text(self) -> str:
        """The message's body."""
        return json.dumps(
            {"sweep": self.sweep, "shard": self.shard, "until": to_stored(self.until), "after": self.after}
        )

    @classmethod
    def parse(cls, text: str) -> "ShardMessage":
        """The inverse of `text`."""
        content = json.loads(text)
        return cls(content["sweep"], content["shard"], from_stored(content["until"]), content["after"])

    def is_superseded(self, now: datetime) -> bool:
        """Whether it only goes on with what the next dispatch has begun anew.

        A dispatch's own message never is: while a queue is long, all would be.
        """
        return self.after is not None and now >= self.until


def dispatch(sweep: Sweep, context: Any) -> dict[str, float]:
    """Sends a message for each shard in which something is due; says how many, and how late the oldest item is.

    The lag is that of all shards, whether a worker comes to them or not. `context` is what Lambda says of the
    invocation.
    """
    with run(f"dispatch.{sweep.name}", context):
        now = current_instant()
        looked_at = ((shard, _seconds_due(sweep, shard, now)) for shard in range(settings().timer_shards))
        due = {shard: seconds for shard, seconds in looked_at if seconds is not None}
        for shard, delay in product(due, sweep.delays):
            put_on_sweep_queue(ShardMessage(sweep.name, shard, now + sweep.every()).text, timedelta(seconds=delay))
        summary = {"shards": len(due), sweep.lag: round(max([0.0, *due.values()]), 1)}
        metrics.observe_lag(sweep.lag, summary[sweep.lag])
        logger.info("dispatch", extra={"sweep": sweep.name, **summary})
    return summary


def _seconds_due(sweep: Sweep, shard: int, now: datetime) -> float | None:
    """A shard that cannot be looked into gets its message all the same: others do not wait for it, nor it for them."""
    try:
        return longest_due(sweep.due(shard, now + timedelta(seconds=max(sweep.delays))), sweep.due_since, now)
    except StoreUnavailable:
        logger.warning("a shard cannot be looked into", extra={"sweep": sweep.name, "shard": shard})
        return 0.0


def work_off(event: Mapping[str, Any], is_worked_off: Callable[[str], bool]) -> dict[str, Any]:
    """Works on what the messages of the queue ask for; reports the messages that must come again."""
    again = [record["messageId"] for record in event["Records"] if not is_worked_off(record["body"])]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def is_shard_worked_off(sweeps: Mapping[str, Sweep], body: str, context: Any) -> bool:
    """Whether the message has done its service; not when its shard cannot be read."""
    message = ShardMessage.parse(body)
    sweep = sweeps[message.sweep]
    try:
        with run(f"sweep.{sweep.name}", context) as current:
            now = current_instant()
            if message.is_superseded(now):
                return True
            report = sweep.work_on(now, message.shard, _bounds(message, now, context), message.after)
            current.is_unfinished = report.leaves_something
            _tell(sweep, message, report)
            if report.is_unfinished and current_instant() < message.until:
                put_on_sweep_queue(replace(message, after=report.reached).text)
    except StoreUnavailable:
        return False
    return True


def _bounds(message: ShardMessage, now: datetime, context: Any) -> Bounds:
    """The invocation's time, and no more than until the next dispatch, unless the message is older than that."""
    if now >= message.until:
        return Bounds(context.get_remaining_time_in_millis)

    def time_left_ms() -> int:
        until_next = LEAST_TIME_LEFT_MS + (message.until - current_instant()) // timedelta(milliseconds=1)
        of_invocation: int = context.get_remaining_time_in_millis()
        return min(of_invocation, until_next)

    return Bounds(time_left_ms)


def _tell(sweep: Sweep, message: ShardMessage, report: Report) -> None:
    if sweep.counter:
        metrics.count(sweep.counter, report.outcomes[sweep.done])
    metrics.count("sweeps_unfinished", report.outcomes["unfinished"])
    summary = {"sweep": sweep.name, "shard": message.shard, sweep.done: 0, **report.outcomes}
    logger.info("sweep", extra=summary)
