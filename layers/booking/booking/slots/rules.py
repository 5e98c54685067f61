"""Slots, who waits for them, and the rules about them; nothing here reads or writes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from booking.caller import Caller
from booking.errors import DatesReversed
from booking.slots.errors import (
    DayBesideDays,
    OneDayMissing,
    SlotEndsBeforeItStarts,
    SlotInThePast,
    SlotTooFarAhead,
    SlotTooLong,
    TooManyDays,
)
from booking.specialists.rules import BookedService

LONGEST_SLOT = timedelta(hours=24)
LONGEST_BUFFER = timedelta(hours=4)
FARTHEST_AHEAD = timedelta(days=400)
MOST_DAYS_LISTED = 31


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a specialist's time that one client can book; `end_at` does not belong to it."""

    id: str
    specialist_id: str
    start_at: datetime
    end_at: datetime
    is_booked: bool


@dataclass(frozen=True, slots=True)
class Client:
    """Who holds a slot or waits for one, and where and in which language (a `Locale`) mail reaches them.

    `name` and `phone` are as they were then, if they were given. Of who was booked for by telephone, there may be no
    address; of who was erased only the id is left.
    """

    id: str
    email: str | None
    locale: str
    name: str | None = None
    phone: str | None = None


def client_of(caller: Caller) -> Client:
    """The client that a caller is, as its token says."""
    return Client(caller.user_id, caller.email, caller.locale, caller.name, caller.phone)


@dataclass(frozen=True, slots=True)
class WaitListEntry:
    """A client's place in the wait-list of a slot, which is ordered by `created_at`."""

    id: str
    slot_id: str
    client: Client
    service: BookedService | None
    created_at: datetime

    @property
    def client_id(self) -> str:
        """Who waits."""
        return self.client.id

    @property
    def service_id(self) -> str | None:
        """For which service, if for a certain one."""
        return self.service.id if self.service else None


@dataclass(frozen=True, slots=True)
class Availability:
    """How much of a day is still free."""

    date: date
    total_slots: int
    free_slots: int

    @property
    def booked_slots(self) -> int:
        """Slots that somebody holds."""
        return self.total_slots - self.free_slots


def check_slot_times(start_at: datetime, end_at: datetime, now: datetime) -> None:
    """Raises the `Invalid` error that says which rule a new slot breaks."""
    if end_at <= start_at:
        raise SlotEndsBeforeItStarts
    if start_at <= now:
        raise SlotInThePast
    if end_at - start_at > LONGEST_SLOT:
        raise SlotTooLong
    if start_at - now > FARTHEST_AHEAD:
        raise SlotTooFarAhead


def bounds_of_days(first_day: date, last_day: date, time_zone: tzinfo) -> tuple[datetime, datetime]:
    """When these days begin, and when they are over, as the time zone has them."""
    start = datetime.combine(first_day, time.min, time_zone)
    end = datetime.combine(last_day + timedelta(days=1), time.min, time_zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def bounds_of_list(
    day: date | None, date_from: date | None, date_to: date | None, time_zone: tzinfo, now: datetime
) -> tuple[datetime, datetime]:
    """From when to when the slots of a list start: on one day, on some, or from now on.

    Raises `DayBesideDays`, `OneDayMissing`, `DatesReversed`, `TooManyDays`.
    """
    if day and (date_from or date_to):
        raise DayBesideDays
    if day:
        return bounds_of_days(day, day, time_zone)
    if date_from is None and date_to is None:
        return now, now + MOST_DAYS_LISTED * timedelta(days=1)
    if date_from is None or date_to is None:
        raise OneDayMissing
    if date_to < date_from:
        raise DatesReversed
    if (date_to - date_from).days >= MOST_DAYS_LISTED:
        raise TooManyDays
    return bounds_of_days(date_from, date_to, time_zone)


def has_started(start_at: datetime, now: datetime) -> bool:
    """Whether a slot that starts then can no longer be booked."""
    return start_at <= now


def overlaps(a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> bool:
    """Whether two stretches of time share an instant; touching ends do not."""
    return a[0] < b[1] and b[0] < a[1]


def days_touched(start_at: datetime, end_at: datetime) -> list[date]:
    """The UTC days that a slot lies in: one, or two over midnight."""
    last = (end_at - timedelta(microseconds=1)).date()
    first = start_at.date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
