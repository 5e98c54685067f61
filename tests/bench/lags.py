"""How late sweeps, events and mail are on a day of so many bookings, in simulated time: `python -m tests.bench.lags`.

Service times are those that `tests.bench.cost` has measured. All bookings are of one time zone, and dispatches come
just before slots start: both are the worst case.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import simpy

from tests.bench import figures
from tests.bench.simulation import Due, Line, Setup, Sweep, Waited, Workers, evenly
from tests.unit.template_model import PARAMETERS, RESOURCES

BOOKINGS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
HOUR, MINUTE = 3600.0, 60.0
RUN_SECONDS = 45.0  # the worker's time-out, less what `background.sweep` leaves of it
PAGE_SECONDS, MESSAGE_SECONDS = 0.01, 0.5
WRITE_UNITS_OF_A_TABLE = 40_000  # a second, the default quota
EXPIRED = REMINDED = 0.85
CHANGES, MAILS_OF_A_CHANGE = 1.2, 2
ON_THE_HOUR = 2 / 3

# Of a day's bookings, in each hour: when slots start, when people book.
STARTS = dict(zip(range(8, 20), (4, 7, 10, 10, 8, 7, 8, 9, 10, 10, 10, 7), strict=True))
MADE = dict(zip(range(7, 24), (3, 5, 7, 7, 6, 6, 6, 5, 5, 6, 7, 8, 9, 8, 6, 4, 2), strict=True))

# What the sweeps, the publisher and the sender of mail are called among the operations of `tests.bench.cost`.
EXPIRE, REMIND, PUBLISH, MAIL = "expire", "ask for a reminder", "publish a change", "send a mail"


@dataclass(frozen=True, slots=True)
class Size:
    """A stack as somebody has set it up: template parameters, SES's quota, partitions of the bookings' stream."""

    name: str
    shards: int
    workers: int
    senders: int
    mails_per_second: int
    stream_shards: int = 4  # that a new table has


def sizes() -> tuple[Size, ...]:
    """As the template has it, and two that have grown."""
    return (
        Size(
            "as deployed",
            default("TimerShards", 4),
            default("SweepConcurrency", 4),
            default("MailConcurrency", 2),
            default("MailsPerSecond", 10),
        ),
        Size("grown", 16, 32, 16, 200),
        Size("large", 64, 128, 100, 1000, stream_shards=16),
    )


def default(parameter: str, otherwise: int) -> int:
    """Of a template parameter."""
    return int(PARAMETERS.get(parameter, {"Default": otherwise})["Default"])


def main() -> int:
    """Keeps the lags of each size of stack by bookings a day."""
    took = {one["operation"]: one for one in figures.kept("operations")["operations"]}
    days = [
        {"size": size.name, "bookings": number, **day(size, number, took)} for size in sizes() for number in BOOKINGS
    ]
    figures.keep("lags", {"sizes": [about(size) for size in sizes()], "days": days})
    return 0


def about(size: Size) -> dict[str, Any]:
    """What a size means, as the docs show it."""
    return {
        "size": size.name,
        "TimerShards": size.shards,
        "SweepConcurrency": size.workers,
        "MailConcurrency": size.senders,
        "MailsPerSecond": size.mails_per_second,
        "stream shards": size.stream_shards,
    }


def day(size: Size, bookings: int, took: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """How long what happens on a day waits, in seconds: at most, and 99 of 100."""
    env = simpy.Environment()
    seconds = {operation: one["lambda_ms"] / 1000 for operation, one in took.items()}
    mail = Line(env, min(size.senders / seconds[MAIL], size.mails_per_second))
    events = Line(env, size.stream_shards * batches_at_once() / seconds[PUBLISH])
    workers = Workers(env, size.workers)
    expiry = Sweep(env, setup(size, took[EXPIRE], "ExpirySweepMinutes"), workers, started(bookings, size), events.join)
    reminders = Sweep(
        env, setup(size, took[REMIND], "ReminderSweepMinutes"), workers, about_to_start(bookings, size), mail.join
    )
    changes = list(changed(bookings))
    events.joined(changes)
    mail.joined([(at, number * MAILS_OF_A_CHANGE) for at, number in changes])
    env.run()
    lines = {"expiry": expiry.waited, "reminders": reminders.waited, "events": events.waited, "mail": mail.waited}
    return {name: lag_of(waited) for name, waited in lines.items()}


def lag_of(waited: Waited) -> dict[str, float]:
    """In whole seconds, as far as anybody cares."""
    return {"worst": round(waited.worst, 1), "p99": round(waited.of_share(0.99), 1)}


def setup(size: Size, took: Mapping[str, Any], every: str) -> Setup:
    """A sweep of that size whose items take as long as measured."""
    seconds = default(every, 5) * MINUTE
    return Setup(
        shards=size.shards,
        workers=size.workers,
        every=seconds,
        run=RUN_SECONDS,
        per_item=took["lambda_ms"] / 1000,
        per_page=PAGE_SECONDS,
        per_message=MESSAGE_SECONDS,
        capacity=WRITE_UNITS_OF_A_TABLE / took["write_units"],
        first_dispatch=seconds - 1,
    )


def batches_at_once() -> int:
    """Of each of the stream's partitions."""
    stream = RESOURCES["PublishEvents"]["Properties"]["Events"]["Changes"]["Properties"]
    return int(stream["ParallelizationFactor"])


def started(bookings: int, size: Size) -> list[Due]:
    """Bookings expire when their slots start, most of them on the hour."""
    return [evenly(at, round(number * EXPIRED), size.shards) for at, number in starts(bookings)]


def about_to_start(bookings: int, size: Size) -> list[Due]:
    """Reminders are due a look-ahead before."""
    ahead = default("ReminderLookaheadMinutes", 120) * MINUTE
    return [evenly(max(0.0, at - ahead), round(number * REMINDED), size.shards) for at, number in starts(bookings)]


def starts(bookings: int) -> Iterator[tuple[float, float]]:
    """When slots start, and how many."""
    for hour, weight in STARTS.items():
        number = bookings * weight / sum(STARTS.values())
        yield hour * HOUR, number * ON_THE_HOUR
        yield (hour + 0.5) * HOUR, number * (1 - ON_THE_HOUR)


def changed(bookings: int) -> Iterator[tuple[float, int]]:
    """Bookings that are made, moved and cancelled, by the minute."""
    done = 0.0
    told = 0
    for hour, weight in MADE.items():
        for minute in range(60):
            done += bookings * CHANGES * weight / sum(MADE.values()) / 60
            yield hour * HOUR + minute * MINUTE, round(done) - told
            told = round(done)


if __name__ == "__main__":
    sys.exit(main())
