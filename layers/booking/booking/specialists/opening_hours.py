"""A specialist's opening hours: when an appointment can start; nothing here reads or writes.

Hours are the wall clock of the specialist's time zone, as RFC 5545 (3.3.5) reads local times: one that occurs twice
is its first occurrence, one that does not occur is read with the offset before the gap. Both are what `fold=0` means
(PEP 495).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
MOST_INTERVALS_A_DAY = 20
_DAY = timedelta(days=1)


class Weekday(StrEnum):
    """The days of a week, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> "Weekday":
        """The day's weekday."""
        return list(cls)[day.weekday()]


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of a local day, in minutes after midnight; `end` (at most 1440) does not belong to it."""

    start: int
    end: int


type DayHours = Sequence[Interval]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The week as its specialist described it, and the rules of booking; a day that is missing is closed.

    `version` rises with each change; 0 is that of a specialist who has described nothing yet.
    """

    hours: Mapping[Weekday, DayHours] = field(default_factory=dict)
    slot_minutes: int = 60
    step_minutes: int = 15
    min_notice_minutes: int = 0
    horizon_days: int = 60
    change_notice_minutes: int = 0
    version: int = 0

    def earliest_start(self, now: datetime) -> datetime:
        """The first instant for which clients can still book."""
        return now + timedelta(minutes=self.min_notice_minutes)

    def latest_start(self, now: datetime) -> datetime:
        """The last instant for which clients can book already."""
        return now + timedelta(days=self.horizon_days)

    def changeable_until(self, start_at: datetime) -> datetime:
        """Until when the client of a booking that starts then may move or cancel it."""
        return start_at - timedelta(minutes=self.change_notice_minutes)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a specialist is open: on each of `dates` the hours named there, on all other days those of the week.

    Days are those of `time_zone`.
    """

    schedule: Schedule
    dates: Mapping[date, DayHours]
    time_zone: ZoneInfo

    def starts(self, first: datetime, until: datetime, length: timedelta) -> list[datetime]:
        """Every instant from `first` to `until` (excluded) at which something of that length can start, in order.

        It lies in one interval, a multiple of the schedule's steps of elapsed time after the interval's start.
        """
        step = timedelta(minutes=self.schedule.step_minutes)
        found = set()
        for opens, closes in self._open(first, until):
            start = opens + max(0, -((opens - first) // step)) * step
            while start < until and start + length <= closes:
                found.add(start)
                start += step
        return sorted(found)

    def has_start(self, start_at: datetime, length: timedelta) -> bool:
        """Whether something of that length can start at that instant."""
        return bool(self.starts(start_at, start_at + datetime.resolution, length))

    def covers(self, start_at: datetime, end_at: datetime) -> bool:
        """Whether all the time from `start_at` to `end_at` is open, in one interval or in several that touch."""
        covered_until = start_at
        for opens, closes in sorted(self._open(start_at, end_at)):
            if opens <= covered_until < closes:
                covered_until = closes
        return covered_until >= end_at

    def first_instant_of(self, day: date) -> datetime:
        """When that local day begins."""
        return self._instant(day, 0)

    def _open(self, first: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The intervals of every day that may have a part in that time, as instants.

        A local time that does not occur is read as a later one, up to a whole day where a zone skipped one; clocks
        that go back over midnight show the day before again.
        """
        day = first.astimezone(self.time_zone).date() - _DAY
        last = until.astimezone(self.time_zone).date() + _DAY
        while day <= last:
            for interval in self._hours_of(day):
                yield self._instant(day, interval.start), self._instant(day, interval.end)
            day += _DAY

    def _hours_of(self, day: date) -> DayHours:
        own = self.dates.get(day)
        return self.schedule.hours.get(Weekday.of(day), ()) if own is None else own

    def _instant(self, day: date, minute: int) -> datetime:
        days, rest = divmod(minute, MINUTES_A_DAY)
        local = datetime.combine(day + days * _DAY, time(rest // 60, rest % 60), self.time_zone)
        return local.astimezone(UTC)
