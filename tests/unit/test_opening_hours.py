"""Opening hours: examples around both changes of the clock, and made-up weeks against what each minute says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from booking.specialists.opening_hours import DayHours, Interval, OpeningHours, Schedule, Weekday
from tests.unit import local_times
from tests.unit.local_times import DAY, MINUTE, wall_clock

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    BERLIN,
    *map(
        ZoneInfo,
        (
            "America/New_York",
            "Australia/Lord_Howe",  # changes by half an hour
            "Asia/Kolkata",  # has half an hour, and never changes
            "America/St_Johns",  # has half an hour, and changed at 00:01 until 2011
            "Africa/Casablanca",  # changes for Ramadan
            "Pacific/Apia",  # has skipped a whole day, 2011-12-30
        ),
    ),
]
TEN_YEARS = st.dates(date(2026, 1, 1), date(2035, 12, 31))
EXAMPLES = 120
EXAMPLES_UNTIL_FOUND = 2000
HOUR = timedelta(hours=1)
HALF_AN_HOUR = timedelta(minutes=30)
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def on(day: date, *intervals: tuple[int, int], zone: ZoneInfo = BERLIN, step: int = 30) -> OpeningHours:
    """Hours, in whole hours of the clock, on one day only."""
    hours = [Interval(start * 60, end * 60) for start, end in intervals]
    return OpeningHours(Schedule(step_minutes=step), {day: hours}, zone)


def shown(hours: OpeningHours, day: date, length: timedelta = HOUR) -> list[str]:
    """The starts of a day and of those around it, as the wall clock shows them."""
    noon = datetime.combine(day, time(12), UTC)
    return [f"{wall_clock(start, hours.time_zone):%H:%M}" for start in hours.starts(noon - DAY, noon + DAY, length)]


class TestChangesOfTheClock:
    def test_forward_leave_out_the_hour_that_there_is_not(self) -> None:
        assert shown(on(SPRING, (1, 4)), SPRING) == ["01:00", "01:30", "03:00"]

    def test_back_make_the_day_an_hour_longer(self) -> None:
        expected = ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
        assert shown(on(AUTUMN, (1, 4)), AUTUMN) == expected

    def test_back_an_interval_that_begins_in_the_hour_that_there_is_twice_begins_with_the_first(self) -> None:
        assert shown(on(AUTUMN, (2, 4)), AUTUMN) == ["02:00", "02:30", "02:00", "02:30", "03:00"]

    def test_back_an_interval_that_ends_in_that_hour_ends_with_the_first(self) -> None:
        hours = OpeningHours(Schedule(step_minutes=30), {AUTUMN: [Interval(60, 150)]}, BERLIN)
        assert shown(hours, AUTUMN) == ["01:00", "01:30"]

    def test_forward_an_interval_that_begins_in_the_gap_is_read_with_the_offset_before_it(self) -> None:
        hours = OpeningHours(Schedule(step_minutes=30), {SPRING: [Interval(150, 300)]}, BERLIN)
        assert shown(hours, SPRING) == ["03:30", "04:00"]

    def test_forward_an_interval_in_the_gap_only_is_as_long_as_it_says(self) -> None:
        assert shown(on(SPRING, (2, 3)), SPRING) == []

    def test_forward_intervals_that_meet_list_a_start_once(self) -> None:
        hours = OpeningHours(Schedule(step_minutes=30), {SPRING: [Interval(120, 240), Interval(180, 300)]}, BERLIN)
        found = shown(hours, SPRING)
        assert found == sorted(set(found))

    def test_back_over_midnight_leave_a_day_begun(self) -> None:
        """St. John's went back at 00:01: what had opened at midnight was open in the hour before it that came again."""
        day = date(2010, 11, 7)
        hours = on(day, (0, 9), zone=ZoneInfo("America/St_Johns"))
        again = hours.first_instant_of(day) + HALF_AN_HOUR

        assert wall_clock(again, hours.time_zone) == datetime(2010, 11, 6, 23, 30)  # noqa: DTZ001  # a wall clock
        assert hours.has_start(again, HALF_AN_HOUR)
        assert hours.covers(again, again + MINUTE)


class TestCovering:
    def test_needs_every_minute(self) -> None:
        day = date(2027, 6, 1)
        hours = on(day, (9, 12), (12, 13), (14, 17), zone=ZoneInfo("UTC"))
        start = datetime.combine(day, time(9), UTC)

        assert hours.covers(start, start + 4 * HOUR)
        assert hours.covers(start + 3 * HOUR - MINUTE, start + 3 * HOUR + MINUTE)
        assert not hours.covers(start - MINUTE, start + HOUR)
        assert not hours.covers(start, start + 4 * HOUR + MINUTE)
        assert not hours.covers(start + 4 * HOUR, start + 5 * HOUR)

    def test_goes_on_over_midnight(self) -> None:
        day = date(2027, 6, 1)
        hours = OpeningHours(Schedule(), {day: [Interval(1380, 1440)], day + DAY: [Interval(0, 60)]}, BERLIN)
        midnight = hours.first_instant_of(day + DAY)

        assert hours.covers(midnight - HOUR, midnight + HOUR)
        assert not hours.has_start(midnight - HALF_AN_HOUR, HOUR)


def changes_offset(zone: ZoneInfo, instant: datetime, after: timedelta) -> bool:
    return instant.astimezone(zone).utcoffset() != (instant + after).astimezone(zone).utcoffset()


@cache
def changes(zone: ZoneInfo) -> Sequence[date]:
    """The local days from 2010 to 2035 on which the clock changes."""
    first, end = datetime(2010, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    days = (first + number * DAY for number in range((end - first).days))
    hours = (day + number * HOUR for day in days if changes_offset(zone, day, DAY) for number in range(24))
    return sorted({wall_clock(hour, zone).date() for hour in hours if changes_offset(zone, hour, HOUR)})


SMALL_HOURS = st.integers(0, 16).map(lambda number: number * 15)
MINUTES = st.one_of(SMALL_HOURS, st.integers(0, 1440), st.just(1440))


@st.composite
def days_of_hours(draw: st.DrawFn) -> DayHours:
    """Intervals that do not overlap, and may touch."""
    edges = sorted(draw(st.lists(MINUTES, min_size=2, max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [Interval(start, end) for start, end in pairs if start < end]


@dataclass(frozen=True)
class Question:
    """Somebody's hours, and a stretch of time that they are asked about."""

    hours: OpeningHours
    first: datetime
    until: datetime
    length: timedelta


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """About days of ten years, most of them days on which the clock changes."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.one_of(TEN_YEARS, *[st.sampled_from(changes(zone))] * 3 if changes(zone) else []))
    schedule = Schedule(
        hours={weekday: draw(days_of_hours()) for weekday in Weekday},
        step_minutes=draw(st.sampled_from([5, 10, 15, 20, 30, 60])),
    )
    dates = {day + number * DAY: draw(days_of_hours()) for number in range(-1, 2) if draw(st.booleans())}
    midnight = datetime.combine(day, time(), UTC) - (datetime.combine(day, time(12), zone).utcoffset() or timedelta())
    first = midnight + draw(st.integers(-180, 180)) * MINUTE + draw(st.integers(0, 1)) * timedelta(microseconds=1)
    until = first + draw(st.one_of(st.integers(0, 90), st.integers(0, 2880), st.just(1440))) * MINUTE
    length = draw(st.one_of(st.sampled_from([5, 15, 30, 60]), st.integers(1, 480))) * MINUTE
    return Question(OpeningHours(schedule, dates, zone), first, until, length)


def check_starts(asked: Question, hours: OpeningHours) -> None:
    """The starts are those that are worked out by the minute."""
    expected = local_times.starts(hours, asked.first, asked.until, asked.length)
    assert hours.starts(asked.first, asked.until, asked.length) == expected


def check_covers(asked: Question, hours: OpeningHours) -> None:
    """A stretch is covered if each of its minutes is open: stretches all over the time asked about, short and long."""
    begin = asked.first.replace(microsecond=0)
    is_open = local_times.open_minutes(hours, begin, begin + 2 * DAY)
    for start in (begin + number * 67 * MINUTE for number in range(22)):
        for length in (MINUTE, asked.length, 2 * HOUR):
            minutes = {start + number * MINUTE for number in range(length // MINUTE)}
            assert hours.covers(start, start + length) == (minutes <= is_open)


def examined(
    check: Callable[[Question, OpeningHours], None],
    kind: type[OpeningHours] = OpeningHours,
    examples: int = EXAMPLES,
) -> None:
    """Asks the same made-up questions each time."""

    @given(questions())
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    def ask(asked: Question) -> None:
        check(asked, kind(asked.hours.schedule, asked.hours.dates, asked.hours.time_zone))

    ask()


@pytest.mark.parametrize("check", [check_starts, check_covers])
def test_hours_are_what_they_are_when_they_are_worked_out_by_the_minute(
    check: Callable[[Question, OpeningHours], None],
) -> None:
    examined(check)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_every_change_of_the_clock_is_worked_out_alike(zone: ZoneInfo) -> None:
    """Open all day and in the small hours, step by step, on the days around each change of 26 years."""
    small_hours = [Interval(0, 61), Interval(75, 150), Interval(150, 195), Interval(240, 1440)]
    schedule = Schedule(hours=dict.fromkeys(Weekday, small_hours), step_minutes=60)
    hours = OpeningHours(schedule, {}, zone)
    for change in changes(zone):
        noon = datetime.combine(change, time(12), UTC)
        check_starts(Question(hours, noon - DAY, noon + DAY, HALF_AN_HOUR), hours)


def test_a_start_is_one_of_the_starts() -> None:
    def check(asked: Question, hours: OpeningHours) -> None:
        starts = set(hours.starts(asked.first, asked.until, asked.length))
        for start in (
            asked.first + number * 5 * MINUTE for number in range((asked.until - asked.first) // MINUTE // 5)
        ):
            assert hours.has_start(start, asked.length) == (start in starts)

    examined(check)


class _OffsetOfMidnight(OpeningHours):
    """Counts on from midnight, as if every day had 24 hours."""

    def _instant(self, day: date, minute: int) -> datetime:
        return datetime.combine(day, time(), self.time_zone).astimezone(UTC) + minute * MINUTE


class _LastOccurrence(OpeningHours):
    """Takes the second of two, and the offset after a gap."""

    def _instant(self, day: date, minute: int) -> datetime:
        local = datetime.combine(day, time()) + minute * MINUTE
        return local.replace(fold=1, tzinfo=self.time_zone).astimezone(UTC)


class _WallClockSteps(OpeningHours):
    """Steps along the wall clock, so that no hour comes twice."""

    def starts(self, first: datetime, until: datetime, length: timedelta) -> list[datetime]:
        shown_once = {wall_clock(start, self.time_zone): start for start in super().starts(first, until, length)}
        return sorted(shown_once.values())


class _OneOffset(OpeningHours):
    """Has the offset of the day that it was written on."""

    def _instant(self, day: date, minute: int) -> datetime:
        offset = datetime(2026, 11, 25, tzinfo=self.time_zone).utcoffset() or timedelta()
        return datetime.combine(day, time(), UTC) + minute * MINUTE - offset


@pytest.mark.parametrize("naive", [_OffsetOfMidnight, _LastOccurrence, _WallClockSteps, _OneOffset])
def test_naive_ways_of_working_them_out_are_found(naive: type[OpeningHours]) -> None:
    assert [field.name for field in fields(naive)] == ["schedule", "dates", "time_zone"]

    with pytest.raises(AssertionError):
        examined(check_starts, naive, EXAMPLES_UNTIL_FOUND)


def test_naive_ways_are_found_by_what_is_covered_too() -> None:
    for naive in (_OffsetOfMidnight, _OneOffset):
        with pytest.raises(AssertionError):
            examined(check_covers, naive, EXAMPLES_UNTIL_FOUND)
