"""Clock, settings, the arithmetic of rate limits, retries."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking import rate_limit
from booking.dynamodb import contention
from booking.dynamodb.contention import CONTENTION_BUDGET_SECONDS, LONGEST_DELAY_SECONDS, retrying_contention
from booking.dynamodb.errors import Contended
from booking.dynamodb.queries import Page
from booking.errors import StoreUnavailable
from booking.rate_limit import RateLimit
from booking.runtime.clock import current_instant, epoch_seconds, from_stored, to_stored
from booking.runtime.settings import InvalidSettings, Settings

OFFSETS = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(timezone)
INSTANTS = st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001  # zone given
REQUIRED = {
    "USERS_TABLE": "users",
    "CALENDAR_TABLE": "calendar",
    "BOOKINGS_TABLE": "bookings",
    "WAITLIST_TABLE": "waitlist",
    "EPHEMERAL_TABLE": "ephemeral",
    "SIGNING_KEY_SECRET": "secret",
    "CURSOR_KEY_SECRET": "another secret",
}


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


class TestSettings:
    def test_what_is_not_set_has_its_default(self) -> None:
        settings = Settings.from_environment(REQUIRED)

        assert settings.users_table == "users"
        assert (settings.access_token_minutes, settings.refresh_token_days) == (15, 30)
        assert (settings.auth_register_max_attempts, settings.auth_login_max_attempts) == (10, 20)
        assert settings.auth_rate_limit_window_seconds == 60

    def test_numbers_are_read(self) -> None:
        assert Settings.from_environment(REQUIRED | {"ACCESS_TOKEN_MINUTES": "5"}).access_token_minutes == 5

    def test_an_empty_variable_counts_as_not_set(self) -> None:
        assert Settings.from_environment(REQUIRED | {"ACCESS_TOKEN_MINUTES": ""}).access_token_minutes == 15

    @pytest.mark.parametrize("name", REQUIRED)
    @pytest.mark.parametrize("value", [None, ""])
    def test_a_missing_name_is_named(self, name: str, value: str | None) -> None:
        environment = {key: text for key, text in REQUIRED.items() if key != name}
        if value is not None:
            environment[name] = value

        with pytest.raises(InvalidSettings, match=name):
            Settings.from_environment(environment)

    @pytest.mark.parametrize("text", ["five", "-1", "1.5", " ", "0x10"])
    def test_what_is_no_number_is_refused_by_its_name(self, text: str) -> None:
        with pytest.raises(InvalidSettings, match="ACCESS_TOKEN_MINUTES must be a whole number"):
            Settings.from_environment(REQUIRED | {"ACCESS_TOKEN_MINUTES": text})

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("REFRESH_TOKEN_DAYS", "0"),
            ("ACCESS_TOKEN_MINUTES", "1441"),
            ("MAIL_UNVERIFIED_MAX_PER_DAY", "0"),
            ("TRACING_MODE", "active"),
            ("NOTICE_OF_TERMINATION", "Off"),
            ("LOG_LEVEL", "TRACE"),
        ],
    )
    def test_what_is_not_allowed_is_refused_by_its_name(self, name: str, text: str) -> None:
        with pytest.raises(InvalidSettings, match=f"{name} must be .*{text}"):
            Settings.from_environment(REQUIRED | {name: text})

    @pytest.mark.parametrize(
        ("name", "least", "most"), [("REFRESH_TOKEN_DAYS", "1", "365"), ("METRICS_FLUSH_SECONDS", "1", "3600")]
    )
    def test_the_ends_of_a_range_are_allowed(self, name: str, least: str, most: str) -> None:
        for text in (least, most):
            assert getattr(Settings.from_environment(REQUIRED | {name: text}), name.lower()) == int(text)

    def test_other_variables_do_not_matter(self) -> None:
        assert Settings.from_environment(REQUIRED | {"PATH": "/bin"}) == Settings.from_environment(REQUIRED)


SECOND = 1_000_000_000  # in nanoseconds


class TestArithmeticOfRateLimits:
    LIMIT = RateLimit("tests", attempts=3, window_seconds=60)
    ATTEMPTS = st.sets(st.integers(0, 200 * SECOND), min_size=1, max_size=10)

    @given(ATTEMPTS, st.integers(0, 300 * SECOND))
    def test_the_window_is_half_open(self, attempts: set[int], now: int) -> None:
        past = rate_limit._past(self.LIMIT, attempts, now)

        assert past == {attempt for attempt in attempts if now - attempt >= 60 * SECOND}

    @given(ATTEMPTS, st.integers(0, 60 * SECOND))
    def test_what_is_said_about_coming_back_is_the_first_whole_second_that_is_true(
        self, attempts: set[int], since: int
    ) -> None:
        now = max(attempts) + since
        within = attempts - rate_limit._past(self.LIMIT, attempts, now)
        if not within:
            return

        seconds = rate_limit._seconds_until_free(self.LIMIT, within, now)

        assert 1 <= seconds <= 60
        assert rate_limit._past(self.LIMIT, within, now + seconds * SECOND)
        assert seconds == 1 or not rate_limit._past(self.LIMIT, within, now + (seconds - 1) * SECOND)

    def test_two_attempts_of_one_moment_are_two(self) -> None:
        now = datetime(2030, 1, 1, tzinfo=UTC)
        instants = {rate_limit._unique_nanoseconds(now) for _ in range(50)}

        assert len(instants) > 1
        assert all(0 <= instant - int(now.timestamp()) * SECOND < 1000 for instant in instants)


class TestRetries:
    @pytest.fixture
    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        waited: list[float] = []
        clock = SimpleNamespace(sleep=waited.append, monotonic=lambda: sum(waited))
        monkeypatch.setattr(contention, "time", clock)
        return waited

    def test_an_attempt_that_succeeds_is_made_once(self, waits: list[float]) -> None:
        assert retrying_contention(lambda: "done") == "done"
        assert waits == []

    def test_attempts_end_when_their_time_is_used_up(self, waits: list[float]) -> None:
        attempts = []

        def attempt() -> None:
            attempts.append(1)
            raise Contended

        with pytest.raises(StoreUnavailable):
            retrying_contention(attempt)

        assert len(attempts) == len(waits) + 1
        assert CONTENTION_BUDGET_SECONDS - LONGEST_DELAY_SECONDS <= sum(waits) < CONTENTION_BUDGET_SECONDS

    def test_attempts_within_attempts_share_one_time(self, waits: list[float]) -> None:
        def inner() -> None:
            raise Contended

        def outer() -> None:
            waits.append(CONTENTION_BUDGET_SECONDS / 2)
            retrying_contention(inner)

        with pytest.raises(StoreUnavailable):
            retrying_contention(outer)

        assert sum(waits) < CONTENTION_BUDGET_SECONDS

    def test_the_time_starts_anew_with_the_next_operation(self, waits: list[float]) -> None:
        left = iter([Contended, Contended, None] * 2)

        def attempt() -> str:
            if refusal := next(left):
                waits.append(CONTENTION_BUDGET_SECONDS / 3)
                raise refusal
            return "done"

        assert [retrying_contention(attempt), retrying_contention(attempt)] == ["done", "done"]

    def test_other_errors_are_not_tried_again(self, waits: list[float]) -> None:
        with pytest.raises(ZeroDivisionError):
            retrying_contention(lambda: 1 / 0)

        assert waits == []


def test_a_page_is_converted_item_by_item() -> None:
    page = Page([1, 2], {"key": "2"}).map(str)

    assert (page.items, page.next_start) == (["1", "2"], {"key": "2"})
