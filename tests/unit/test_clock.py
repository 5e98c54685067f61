"""The clock, and instants as they are stored."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from booking.runtime.clock import current_instant, epoch_seconds, from_stored, to_stored

OFFSETS = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(timezone)
INSTANTS = st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001  # zone given


class TestClock:
    @given(INSTANTS, INSTANTS)
    def test_stored_instants_sort_as_they_follow_in_time(self, a: datetime, b: datetime) -> None:
        assert (to_stored(a) < to_stored(b)) is (a < b)
        assert (to_stored(a) == to_stored(b)) is (a == b)

    @given(INSTANTS)
    def test_a_stored_instant_is_the_same_in_utc(self, instant: datetime) -> None:
        restored = from_stored(to_stored(instant))

        assert (restored, restored.utcoffset()) == (instant, timedelta(0))
        assert len(to_stored(instant)) == 27

    def test_seconds_are_whole(self) -> None:
        assert epoch_seconds(datetime(1970, 1, 1, 0, 0, 1, 999_999, UTC)) == 1

    def test_now_is_aware(self) -> None:
        assert current_instant().utcoffset() == timedelta(0)
