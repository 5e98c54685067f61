"""Changing when a specialist is open: bookings stay as they are, and those that the new hours do not cover are named.

What is named is judged by the hours as they stand after the write, whoever else has changed them meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from booking.bookings.rules import Booking
from booking.bookings.uncovered import uncovered_bookings, uncovered_bookings_of_days
from booking.caller import Caller
from booking.specialists import profiles
from booking.specialists.hours import put_dates, put_schedule, read_opening_hours
from booking.specialists.opening_hours import DayHours, Schedule
from booking.specialists.rules import DateHours, Profile, check_date, dates_of_range


@dataclass(frozen=True, slots=True)
class ChangedSchedule:
    """The week from now on, and the bookings from hours that are outside of it."""

    schedule: Schedule
    conflicts: Sequence[Booking]


@dataclass(frozen=True, slots=True)
class ChangedDate:
    """A local day's own hours, and the bookings from hours on that day that are outside of them."""

    date: date
    hours: DayHours
    conflicts: Sequence[Booking]


@dataclass(frozen=True, slots=True)
class ChangedDates:
    """Local days with their own hours, and the bookings from hours on these days that are outside of them."""

    dates: Sequence[DateHours]
    conflicts: Sequence[Booking]


@dataclass(frozen=True, slots=True)
class ChangedProfile:
    """The profile, and the bookings from hours that are outside of the hours as another time zone reads them."""

    profile: Profile
    conflicts: Sequence[Booking]


def set_schedule(caller: Caller, wanted: Schedule, now: datetime) -> ChangedSchedule:
    """The caller's schedule is `wanted` from now on, under the next version. Raises `Forbidden`."""
    schedule = put_schedule(caller, wanted, now)
    return ChangedSchedule(schedule, _conflicts(caller, now))


def set_date(caller: Caller, day: date, hours: DayHours, now: datetime) -> ChangedDate:
    """On that day of the caller's zone these hours hold instead of the week's.

    Raises `DateInThePast`, `DateTooFarAhead`, `Forbidden`.
    """
    profiles.ensure(caller, now)
    check_date(day, _today(caller, now))
    put_dates(caller, [day], hours)
    return ChangedDate(day, hours, _conflicts_of_days(caller, day, day, now))


def set_dates(caller: Caller, first: date, last: date, hours: DayHours, now: datetime) -> ChangedDates:
    """On each day from `first` to `last` these hours hold, all in one write.

    Raises `LastDateBeforeFirst`, `TooManyDates`, `FirstDateInThePast`, `LastDateTooFarAhead`, `Forbidden`.
    """
    profiles.ensure(caller, now)
    days = dates_of_range(first, last, _today(caller, now))
    changed = put_dates(caller, days, hours)
    return ChangedDates(changed, _conflicts_of_days(caller, first, last, now))


def update_own_profile(caller: Caller, changes: Mapping[str, str | None], now: datetime) -> ChangedProfile:
    """As `profiles.update_own_profile`; bookings are looked at where the time zone is among the changes."""
    profile = profiles.update_own_profile(caller, changes, now)
    return ChangedProfile(profile, _conflicts(caller, now) if "time_zone" in changes else ())


def _today(caller: Caller, now: datetime) -> date:
    return now.astimezone(profiles.time_zone_of(caller.specialist_id)).date()


def _conflicts(caller: Caller, now: datetime) -> Sequence[Booking]:
    return uncovered_bookings(caller.specialist_id, read_opening_hours(caller.specialist_id), now)


def _conflicts_of_days(caller: Caller, first: date, last: date, now: datetime) -> Sequence[Booking]:
    return uncovered_bookings_of_days(caller.specialist_id, read_opening_hours(caller.specialist_id), first, last, now)
