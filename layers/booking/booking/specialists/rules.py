"""Specialists and what they offer; nothing here reads or writes."""

from dataclasses import dataclass
from datetime import datetime
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
class BookedService:
    """A service as it was when it was asked for, for a booking or a wait-list entry; it stays so."""

    id: str
    title: str | None
    price: Decimal | None
    currency: str | None
    minutes: int | None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """Something a specialist offers, and what it costs (`currency` by ISO 4217).

    So many minutes before and after an appointment its specialist is not free either. One that is not active is
    offered no more.
    """

    id: str
    specialist_id: str
    title: str
    description: str | None
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    price: Decimal
    currency: str
    is_active: bool
    created_at: datetime

    def as_booked(self) -> BookedService:
        """What is kept of the service where it is asked for."""
        return BookedService(
            self.id,
            self.title,
            self.price,
            self.currency,
            self.duration_minutes,
            self.buffer_before_minutes,
            self.buffer_after_minutes,
        )
