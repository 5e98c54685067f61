"""The environment of a function, read once into a typed, checked object."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache


class InvalidSettings(Exception):
    """A variable is missing or is not what its type asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every variable that the functions read; `.env.example` documents them.

    The names of tables and of the keys' secrets have no default: they come from the stack.
    """

    users_table: str
    calendar_table: str
    bookings_table: str
    waitlist_table: str
    ephemeral_table: str
    signing_key_secret: str
    cursor_key_secret: str
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    auth_register_max_attempts: int = 10
    auth_login_max_attempts: int = 20
    auth_login_account_max_failures: int = 100
    auth_rate_limit_window_seconds: int = 60
    booking_expire_after_start_minutes: int = 0
    reminder_lookahead_minutes: int = 120
    cors_allow_origin: str = ""
    mail_sender: str = ""
    mail_unverified_max_per_day: int = 10
    mail_specialist_max_per_day: int = 100
    event_bus_name: str = ""
    dead_letter_queue_url: str = ""
    metrics_table: str = ""
    metrics_token_secret: str = ""
    metrics_flush_seconds: int = 10
    aws_lambda_function_name: str = "local"
    aws_lambda_runtime_api: str = ""
    aws_xray_daemon_address: str = ""
    log_level: str = "INFO"
    notice_of_termination: str = "Active"
    tracing_mode: str = "Disabled"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises `InvalidSettings`, naming the variable."""
        values: dict[str, str | int] = {}
        for field in fields(cls):
            name = field.name.upper()
            text = environment.get(name, "")
            if text == "":
                if _is_required(field):
                    raise InvalidSettings(f"{name} is not set")
                continue
            values[field.name] = _whole_number(name, text) if field.type is int else text
        return cls(**values)  # type: ignore[arg-type]  # each value was made from its field's type


def _is_required(field: Field[object]) -> bool:
    return field.default is MISSING


def _whole_number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise InvalidSettings(f"{name} must be a whole number, not {text!r}")
    return int(text)


@cache
def settings() -> Settings:
    """The settings of this execution environment."""
    return Settings.from_environment(os.environ)
