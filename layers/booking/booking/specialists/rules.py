"""The calendar's things and the rules about them; nothing here reads or writes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from booking.caller import Locale

DEFAULT_TIME_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Profile:
    """A specialist as clients see them; `time_zone` is an IANA name, `locale` the language of its mail."""

    id: str
    user_id: str
    display_name: str | None
    description: str | None
    time_zone: str
    locale: Locale


@dataclass(frozen=True, slots=True)
class Service:
    """Something a specialist offers, and what it costs."""

    id: str
    specialist_id: str
    title: str
    description: str | None
    duration_minutes: int
    price: Decimal
    created_at: datetime

    @property
    def duration(self) -> timedelta:
        """How long the service takes."""
        return timedelta(minutes=self.duration_minutes)
