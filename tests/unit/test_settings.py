"""The environment as settings: defaults, what is read, what is refused."""

import pytest

from booking.runtime.settings import InvalidSettings, Settings

REQUIRED = {
    "USERS_TABLE": "users",
    "CALENDAR_TABLE": "calendar",
    "BOOKINGS_TABLE": "bookings",
    "WAITLIST_TABLE": "waitlist",
    "EPHEMERAL_TABLE": "ephemeral",
    "SIGNING_KEY_SECRET": "secret",
    "STACK_ID": "stack",
}


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
