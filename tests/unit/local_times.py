"""Opening hours worked out slowly, minute by minute, from the words of the contract and of RFC 5545.

Nothing here knows of `fold`, of transitions or of what the package does: a local time is looked up by asking, for
each offset that there can be, what the wall clock shows then.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from booking.specialists.opening_hours import DayHours, OpeningHours, Weekday

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
# All offsets of our zones since 2009 are quarters of an hour.
_QUARTER = timedelta(minutes=15)
_OFFSETS = [quarters * _QUARTER for quarters in range(-14 * 4, 15 * 4)]
_DAYS_AROUND = 3


def wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows then."""
    return instant.astimezone(zone).replace(tzinfo=None)


@cache
def occurrences(local: datetime, zone: ZoneInfo) -> Sequence[datetime]:
    """The instants at which the wall clock shows that time: one, two, or none."""
    thought_of = (local.replace(tzinfo=UTC) - offset for offset in _OFFSETS)
    return sorted(instant for instant in thought_of if wall_clock(instant, zone) == local)


@cache
def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """RFC 5545, 3.3.5: a local time that occurs twice refers to the first occurrence; one that does not occur "is
    interpreted using the UTC offset before the gap".
    """
    found = occurrences(local, zone)
    if found:
        return found[0]
    before = local
    while not occurrences(before, zone):
        before -= _QUARTER
    return occurrences(before, zone)[-1] + (local - before)


def starts(hours: OpeningHours, first: datetime, until: datetime, length: timedelta) -> list[datetime]:
    """When something of that length can start: in one interval, a multiple of the steps after the interval's start."""
    found = set()
    for opens, closes in _intervals(hours, first, until):
        minutes, minute = 0, opens
        while minute + length <= closes:
            if minutes % hours.schedule.step_minutes == 0 and first <= minute < until:
                found.add(minute)
            minutes, minute = minutes + 1, minute + MINUTE
    return sorted(found)


def open_minutes(hours: OpeningHours, first: datetime, until: datetime) -> set[datetime]:
    """The minutes that belong to an interval, by their starts."""
    return {
        opens + number * MINUTE
        for opens, closes in _intervals(hours, first, until)
        for number in range(max(0, (closes - opens) // MINUTE))
    }


def _intervals(hours: OpeningHours, first: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    day = first.date() - _DAYS_AROUND * DAY
    while day <= until.date() + _DAYS_AROUND * DAY:
        midnight = datetime.combine(day, time())
        for interval in _hours_of(hours, day):
            opens, closes = midnight + interval.start * MINUTE, midnight + interval.end * MINUTE
            yield instant_of(opens, hours.time_zone), instant_of(closes, hours.time_zone)
        day += DAY


def _hours_of(hours: OpeningHours, day: date) -> DayHours:
    if day in hours.dates:
        return hours.dates[day]
    return hours.schedule.hours.get(list(Weekday)[day.isoweekday() - 1], ())
