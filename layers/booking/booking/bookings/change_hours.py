"""Changing when a specialist is open: bookings stay as they are, and those that the new hours do not cover are named.

What is named is judged by the hours as they stand after the write, whoever else has changed them meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from booking.bookings.rules import OPEN, Booking
from booking.bookings.table import BookingItem
from booking.caller import Caller
from booking.dynamodb.queries import query_every
from booking.runtime.clock import to_stored
from booking.slots.rules import LONGEST_SLOT
from booking.specialists import profiles
from booking.specialists.hours import put_dates, put_schedule, read_opening_hours
from booking.specialists.opening_hours import DayHours, OpeningHours, Schedule
from booking.specialists.rules import DateHours, Profile, check_date, dates_of_range

MOST_CONFLICTS = 100
MOST_LOOKED_AT = 5000  # so that a full calendar does not keep the answer from being given
_CALENDAR_ENDS = timedelta(days=1000)


@dataclass(frozen=True, slots=True)
class Changed[T]:
    """What was changed, as it is from now on, and the bookings from hours that it leaves uncovered, the first 100."""

    value: T
    conflicts: Sequence[Booking]


def set_schedule(caller: Caller, wanted: Schedule, now: datetime) -> Changed[Schedule]:
    """The caller's schedule is `wanted` from now on, under the next version. Raises `Forbidden`."""
    schedule = put_schedule(caller, wanted, now)
    return Changed(schedule, _conflicts(caller, now))


def set_date(caller: Caller, day: date, hours: DayHours, now: datetime) -> Changed[DateHours]:
    """On that day of the caller's zone these hours hold instead of the week's.

    Raises `DateInThePast`, `DateTooFarAhead`, `Forbidden`.
    """
    profiles.ensure(caller, now)
    check_date(day, _today(caller, now))
    put_dates(caller, [day], hours)
    return Changed(DateHours(day, hours), _conflicts_of_days(caller, day, day, now))


def set_dates(caller: Caller, first: date, last: date, hours: DayHours, now: datetime) -> Changed[Sequence[DateHours]]:
    """On each day from `first` to `last` these hours hold, all in one write.

    Raises `LastDateBeforeFirst`, `TooManyDates`, `FirstDateInThePast`, `LastDateTooFarAhead`, `Forbidden`.
    """
    profiles.ensure(caller, now)
    days = dates_of_range(first, last, _today(caller, now))
    changed = put_dates(caller, days, hours)
    return Changed(changed, _conflicts_of_days(caller, first, last, now))


def update_own_profile(caller: Caller, changes: Mapping[str, str | None], now: datetime) -> Changed[Profile]:
    """As `profiles.update_own_profile`; bookings are looked at where the time zone is among the changes."""
    profile = profiles.update_own_profile(caller, changes, now)
    return Changed(profile, _conflicts(caller, now) if "time_zone" in changes else ())


def _today(caller: Caller, now: datetime) -> date:
    return now.astimezone(profiles.time_zone_of(caller.specialist_id)).date()


def _conflicts(caller: Caller, now: datetime) -> Sequence[Booking]:
    """The open bookings from hours that start from now on and that the hours as they are do not cover."""
    hours = read_opening_hours(caller.specialist_id)
    return list(islice(_uncovered(caller.specialist_id, hours, now, now + _CALENDAR_ENDS), MOST_CONFLICTS))


def _conflicts_of_days(caller: Caller, first: date, last: date, now: datetime) -> Sequence[Booking]:
    """Those among them that have a part on these local days."""
    hours = read_opening_hours(caller.specialist_id)
    begin, end = hours.first_instant_of(first), hours.first_instant_of(last + timedelta(days=1))
    touching = _uncovered(caller.specialist_id, hours, max(now, begin - LONGEST_SLOT), end)
    return list(islice((booking for booking in touching if booking.slot_end_at > begin), MOST_CONFLICTS))


def _uncovered(specialist_id: str, hours: OpeningHours, first: datetime, until: datetime) -> Iterator[Booking]:
    """An index knows them, which may not have heard of those that were made in the last moments."""
    if first >= until:  # the time zone has just changed
        return
    starts = BookingItem.starts.between(to_stored(first), to_stored(until))
    to_come = query_every(BookingItem.by_specialist, specialist_id, starts, only=BookingItem.status.is_in(*OPEN))
    for item in islice(to_come, MOST_LOOKED_AT):
        booking = item.to_booking()
        if booking.is_from_hours and not hours.covers(booking.slot_start_at, booking.slot_end_at):
            yield booking
