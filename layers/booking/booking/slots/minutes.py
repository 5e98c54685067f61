"""Time by the minute: which minutes of which UTC hours something takes; nothing here reads or writes."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

type Minutes = Mapping[datetime, frozenset[int]]
"""Minutes (0 to 59) by the UTC hour that they are in; no hour is there without any."""

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


def minutes_between(start_at: datetime, end_at: datetime) -> Minutes:
    """Every minute that has a part from `start_at` to `end_at` (excluded), which may both lie within a minute."""
    return dict(_by_hour(start_at, end_at))


def _by_hour(start_at: datetime, end_at: datetime) -> Iterator[tuple[datetime, frozenset[int]]]:
    while start_at < end_at:
        hour = start_at.replace(minute=0, second=0, microsecond=0)
        until = min(end_at, hour + _HOUR)
        yield hour, frozenset(range((start_at - hour) // _MINUTE, -((hour - until) // _MINUTE)))
        start_at = until


def without(minutes: Minutes, others: Minutes) -> Minutes:
    """What of `minutes` is not among the others."""
    left = {hour: those - others.get(hour, frozenset()) for hour, those in minutes.items()}
    return {hour: those for hour, those in left.items() if those}
