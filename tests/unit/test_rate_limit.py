"""The arithmetic of windows of attempts."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from booking import rate_limit

SECOND = 1_000_000_000  # in nanoseconds


class TestArithmeticOfRateLimits:
    ATTEMPTS = st.sets(st.integers(0, 200 * SECOND), min_size=1, max_size=10)

    @given(ATTEMPTS, st.integers(0, 300 * SECOND))
    def test_the_window_is_half_open(self, attempts: set[int], now: int) -> None:
        past = rate_limit._past(attempts, now)

        assert past == {attempt for attempt in attempts if now - attempt >= 60 * SECOND}

    @given(ATTEMPTS, st.integers(0, 60 * SECOND))
    def test_what_is_said_about_coming_back_is_the_first_whole_second_that_is_true(
        self, attempts: set[int], since: int
    ) -> None:
        now = max(attempts) + since
        within = attempts - rate_limit._past(attempts, now)
        if not within:
            return

        seconds = rate_limit._seconds_until_free(within, now)

        assert 1 <= seconds <= 60
        assert rate_limit._past(within, now + seconds * SECOND)
        assert seconds == 1 or not rate_limit._past(within, now + (seconds - 1) * SECOND)

    def test_two_attempts_of_one_moment_are_two(self) -> None:
        now = datetime(2030, 1, 1, tzinfo=UTC)
        instants = {rate_limit._unique_nanoseconds(now) for _ in range(50)}

        assert len(instants) > 1
        assert all(0 <= instant - int(now.timestamp()) * SECOND < 1000 for instant in instants)
