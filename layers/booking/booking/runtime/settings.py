"""The environment of a function, read once into a typed, checked object."""

import os
import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

_POSITIVE = range(1, sys.maxsize)
_DAY_MINUTES = 24 * 60


class InvalidSettings(Exception):
    """A variable is missing or is not among the values that its field allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every variable that the functions read; `.env.example` documents them.

    The stack's id and the names of its tables and of its key's secret have no default. Numbers are in the ranges, and
    words among those, that template.yaml allows for its parameters.
    """

    users_table: str
    calendar_table: str
    bookings_table: str
    waitlist_table: str
    ephemeral_table: str
    signing_key_secret: str
    stack_id: str
    access_token_minutes: Annotated[int, range(1, _DAY_MINUTES + 1)] = 15
    refresh_token_days: Annotated[int, range(1, 365 + 1)] = 30
    auth_register_max_attempts: Annotated[int, _POSITIVE] = 10
    auth_login_max_attempts: Annotated[int, _POSITIVE] = 20
    auth_login_account_max_failures: Annotated[int, _POSITIVE] = 100
    auth_recovery_max_attempts: Annotated[int, _POSITIVE] = 5
    auth_rate_limit_window_seconds: Annotated[int, range(1, 86_400 + 1)] = 60
    guest_booking: Literal["confirm", "open", "off"] = "confirm"
    guest_booking_max_attempts: Annotated[int, _POSITIVE] = 10
    specialist_registration: Literal["open", "closed"] = "open"
    booking_expire_after_start_minutes: Annotated[int, range(_DAY_MINUTES + 1)] = 0
    reminder_lookahead_minutes: Annotated[int, range(1, 7 * _DAY_MINUTES + 1)] = 120
    expiry_sweep_minutes: Annotated[int, range(1, _DAY_MINUTES + 1)] = 5
    reminder_sweep_minutes: Annotated[int, range(1, _DAY_MINUTES + 1)] = 10
    timer_shards: Annotated[int, range(1, 256 + 1)] = 4
    currency: str = "EUR"
    cors_allow_origin: str = ""
    frame_ancestors: str = "none"
    public_url: str = "http://localhost:8000"
    mail_sender: str = ""
    mail_concurrency: Annotated[int, range(2, 1000 + 1)] = 2
    mails_per_second: Annotated[int, range(1, 1000 + 1)] = 10
    mail_unverified_max_per_day: Annotated[int, range(1, 1000 + 1)] = 10
    mail_specialist_max_per_day: Annotated[int, range(1, 1000 + 1)] = 100
    event_bus_name: str = ""
    event_failures: Literal["report", "raise"] = "report"
    dead_letter_queue_url: str = ""
    sweep_queue_url: str = ""
    mail_queue_url: str = ""
    metrics_table: str = ""
    metrics_token_secret: str = ""
    metrics_flush_seconds: Annotated[int, range(1, 3600 + 1)] = 60
    aws_lambda_function_name: str = "local"
    aws_lambda_runtime_api: str = ""
    aws_xray_daemon_address: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    notice_of_termination: Literal["Active", "Disabled"] = "Active"
    tracing_mode: Literal["Active", "Disabled"] = "Disabled"
    route_metrics: Literal["Active", "Disabled"] = "Disabled"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises `InvalidSettings`, naming the variable."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = field.name.upper()
            if text := environment.get(name):
                values[field.name] = _value(name, field.type, text)
            elif field.default is MISSING:
                raise InvalidSettings(f"{name} is not set")
        return cls(**values)


def _value(name: str, kind: Any, text: str) -> str | int:
    if get_origin(kind) is Literal and text not in get_args(kind):
        raise InvalidSettings(f"{name} must be one of {', '.join(get_args(kind))}, not {text!r}")
    if get_origin(kind) is Annotated:
        return _whole_number(name, kind.__metadata__[0], text)
    return text


def _whole_number(name: str, allowed: range, text: str) -> int:
    if not text.isdecimal():
        raise InvalidSettings(f"{name} must be a whole number, not {text!r}")
    if int(text) not in allowed:
        raise InvalidSettings(f"{name} must be from {allowed.start} to {allowed.stop - 1}, not {text}")
    return int(text)


@cache
def settings() -> Settings:
    """The settings of this execution environment."""
    return Settings.from_environment(os.environ)
