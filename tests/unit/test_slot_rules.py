"""Rules about slots and days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.errors import Invalid
from booking.slots.errors import SlotEndsBeforeItStarts, SlotInThePast, SlotTooFarAhead, SlotTooLong
from booking.slots.rules import Availability, bounds_of_days, check_slot_times, days_touched, has_started, overlaps
from tests.instants import DAY, HOUR, NOW, TICK

INSTANTS = st.datetimes(datetime(2029, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # zone given
INTERVALS = st.tuples(INSTANTS, st.timedeltas(TICK, DAY)).map(lambda pair: (pair[0], pair[0] + pair[1]))


class TestOverlaps:
    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (0, 1, False),
            (0, 2, True),
            (1, 2, True),
            (1, 3, True),
            (0, 4, True),
            (2, 3, True),
            (3, 4, False),
            (4, 5, False),
        ],
    )
    def test_touching_ends_do_not(self, start: int, end: int, *, expected: bool) -> None:
        slot = (NOW + HOUR, NOW + 3 * HOUR)

        assert overlaps(slot, (NOW + start * HOUR, NOW + end * HOUR)) is expected

    @given(INTERVALS, INTERVALS)
    def test_is_mutual(self, a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> None:
        assert overlaps(a, b) is overlaps(b, a)
        assert overlaps(a, a)

    @given(INTERVALS, INTERVALS)
    def test_what_overlaps_shares_a_day(self, a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> None:
        if overlaps(a, b):
            assert set(days_touched(*a)) & set(days_touched(*b))


class TestDaysTouched:
    @pytest.mark.parametrize(
        ("start", "length", "days"),
        [
            (time(9), HOUR, [1]),
            (time(0), DAY, [1]),
            (time(0), DAY + TICK, [1, 2]),
            (time(23), HOUR, [1]),
            (time(23), HOUR + TICK, [1, 2]),
            (time(12), DAY, [1, 2]),
            (time(0), 0 * HOUR, []),
        ],
    )
    def test_midnight_belongs_to_the_day_that_begins(self, start: time, length: timedelta, days: list[int]) -> None:
        start_at = datetime.combine(date(2030, 3, 1), start, UTC)

        touched = days_touched(start_at, start_at + length)

        assert [day.day for day in touched] == days

    @given(INTERVALS)
    def test_a_slot_of_a_day_at_most_touches_one_or_two(self, interval: tuple[datetime, datetime]) -> None:
        days = days_touched(*interval)

        assert days[0] == interval[0].date()
        assert len(days) in {1, 2}


class TestTimesOfANewSlot:
    @pytest.mark.parametrize(
        ("starts_in", "length"),
        [(TICK, HOUR), (HOUR, TICK), (HOUR, DAY), (400 * DAY, HOUR)],
    )
    def test_that_are_fine(self, starts_in: timedelta, length: timedelta) -> None:
        check_slot_times(NOW + starts_in, NOW + starts_in + length, NOW)

    @pytest.mark.parametrize(
        ("starts_in", "length", "error"),
        [
            (HOUR, 0 * HOUR, SlotEndsBeforeItStarts),
            (HOUR, -HOUR, SlotEndsBeforeItStarts),
            (0 * HOUR, HOUR, SlotInThePast),
            (-TICK, HOUR, SlotInThePast),
            (HOUR, DAY + TICK, SlotTooLong),
            (400 * DAY + TICK, HOUR, SlotTooFarAhead),
        ],
    )
    def test_that_break_a_rule_are_refused_by_its_name(
        self, starts_in: timedelta, length: timedelta, error: type[Invalid]
    ) -> None:
        with pytest.raises(error):
            check_slot_times(NOW + starts_in, NOW + starts_in + length, NOW)


@pytest.mark.parametrize(("offset", "expected"), [(-TICK, False), (0 * TICK, True), (TICK, True)])
def test_a_slot_has_started_from_its_start_on(offset: timedelta, *, expected: bool) -> None:
    assert has_started(NOW, NOW + offset) is expected


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", date(2030, 3, 1), 24),
        ("Europe/Berlin", date(2030, 3, 31), 23),
        ("Europe/Berlin", date(2030, 10, 27), 25),
        ("Asia/Kathmandu", date(2030, 3, 1), 24),
    ],
)
def test_a_day_is_as_long_as_the_time_zone_has_it(zone: str, day: date, hours: int) -> None:
    first, end = bounds_of_days(day, day, ZoneInfo(zone))

    assert end - first == hours * HOUR
    assert first.astimezone(ZoneInfo(zone)).date() == (end - TICK).astimezone(ZoneInfo(zone)).date() == day


@given(
    st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    st.integers(1, 31),
    st.sampled_from(["UTC", "Asia/Tokyo", "America/Lima"]),
)
def test_days_follow_each_other_without_gaps(day: date, days: int, zone: str) -> None:
    last_day = day + (days - 1) * DAY
    _, end = bounds_of_days(day, last_day, ZoneInfo(zone))
    first, _ = bounds_of_days(last_day + DAY, last_day + DAY, ZoneInfo(zone))

    assert end == first


def test_what_is_not_free_is_booked() -> None:
    assert Availability(date(2030, 3, 1), 5, 2).booked_slots == 3
