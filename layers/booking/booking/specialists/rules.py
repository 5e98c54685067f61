"""Specialists and what they offer; nothing here reads or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from booking.caller import Locale
from booking.errors import DatesReversed
from booking.specialists.errors import (
    DateInThePast,
    DateTooFarAhead,
    FirstDateInThePast,
    LastDateBeforeFirst,
    LastDateTooFarAhead,
    TooManyDates,
)
from booking.specialists.opening_hours import DayHours

DEFAULT_TIME_ZONE = "UTC"
FARTHEST_DATE = timedelta(days=400)
MOST_DATES_AT_ONCE = 62


class BookingMail(StrEnum):
    """What mail a specialist wants about bookings: one about each thing that happens, one each morning, or none."""

    EACH = "each"
    DAILY = "daily"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Profile:
    """A specialist; `time_zone` is an IANA name, `locale` the language of its mail.

    Clients see nothing of `booking_mail` and what follows it. `email` is where mail goes; that it is `email_verified`
    is noted once mail has found it so. It is `closed` while its account is deactivated.
    """

    id: str
    user_id: str
    display_name: str | None
    description: str | None
    time_zone: str
    locale: Locale
    booking_mail: BookingMail
    email: str | None
    email_verified: bool | None
    closed: bool | None


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


@dataclass(frozen=True, slots=True)
class DateHours:
    """A local day that has hours of its own."""

    date: date
    hours: DayHours


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Which days with hours of their own a list shows. Raises `DatesReversed`."""

    date_from: date | None = None
    date_to: date | None = None

    def __post_init__(self) -> None:
        if self.date_from and self.date_to and self.date_to < self.date_from:
            raise DatesReversed


def check_date(day: date, today: date) -> None:
    """A day can have hours of its own from today on. Raises `DateInThePast`, `DateTooFarAhead`."""
    if day < today:
        raise DateInThePast
    if day > today + FARTHEST_DATE:
        raise DateTooFarAhead


def dates_of_range(first: date, last: date, today: date) -> Sequence[date]:
    """The days of a range that are given hours of their own together.

    Raises `LastDateBeforeFirst`, `TooManyDates`, `FirstDateInThePast`, `LastDateTooFarAhead`.
    """
    if last < first:
        raise LastDateBeforeFirst
    if (last - first).days >= MOST_DATES_AT_ONCE:
        raise TooManyDates
    if first < today:
        raise FirstDateInThePast
    if last > today + FARTHEST_DATE:
        raise LastDateTooFarAhead
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
