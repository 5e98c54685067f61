"""Sweeps as tests run them: all shards one after the other, or one function and a message of its queue."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from booking.background.shards import ShardMessage
from booking.background.sweep import Bounds, Sweep
from booking.bookings.expire import EXPIRY
from booking.bookings.lapse import LAPSES
from booking.dynamodb.attributes import RawItem
from booking.notifications.reminders import REMINDERS
from booking.runtime.settings import settings
from tests.instants import HOUR, NOW

PLENTY = Bounds(lambda: 60_000)


def expire_everywhere(now: datetime, bounds: Bounds = PLENTY) -> Counter[str]:
    """The outcomes of a run in each shard, in sum."""
    return _everywhere(EXPIRY, now, bounds)


def lapse_everywhere(now: datetime, bounds: Bounds = PLENTY) -> Counter[str]:
    """The outcomes of a run in each shard, in sum."""
    return _everywhere(LAPSES, now, bounds)


def remind_everywhere(now: datetime, bounds: Bounds = PLENTY) -> Counter[str]:
    """The outcomes of a run in each shard, in sum."""
    return _everywhere(REMINDERS, now, bounds)


def _everywhere(sweep: Sweep, now: datetime, bounds: Bounds) -> Counter[str]:
    outcomes = Counter[str]()
    for shard in range(settings().timer_shards):
        outcomes += sweep.run(now, shard, bounds).outcomes
    return outcomes


def due_items(sweep: Sweep, now: datetime) -> list[tuple[datetime, RawItem]]:
    """What is due by `now`, each with since when it is."""
    return [
        (work.due_since(item), item)
        for shard in range(settings().timer_shards)
        for work in sweep.work
        for item in work.due(shard, now).items()
    ]


def dispatched(sweep: Sweep, shards: Sequence[int] = range(4), until: datetime = NOW + 24 * HOUR) -> dict[str, Any]:
    """The event in which Lambda hands the messages of a dispatch to a worker; their ids are their shards."""
    return queued(*(ShardMessage(sweep.name, shard, until).text for shard in shards))


def queued(*bodies: str) -> dict[str, Any]:
    """The event with messages of these bodies; their ids are their places."""
    records = [{"messageId": str(place), "body": body, "eventSource": "aws:sqs"} for place, body in enumerate(bodies)]
    return {"Records": records}
