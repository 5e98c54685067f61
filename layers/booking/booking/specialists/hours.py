"""A specialist's opening hours as they are stored: the week, and the days that have hours of their own.

What becomes of bookings when hours change is told by whoever knows of bookings (`booking.bookings.change_hours`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pynamodb.expressions.condition import Condition

from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get, get_all
from booking.dynamodb.queries import Page, PageRequest, query_all, query_page
from booking.dynamodb.transaction import Transaction
from booking.specialists import profiles
from booking.specialists.opening_hours import DayHours, OpeningHours, Schedule
from booking.specialists.rules import DEFAULT_TIME_ZONE, DateFilter, DateHours
from booking.specialists.table import (
    DATE_KEY_PREFIX,
    PROFILE_KEY,
    SCHEDULE_KEY,
    CalendarItem,
    DateItem,
    ProfileItem,
    ScheduleItem,
    date_key,
)


def put_schedule(caller: Caller, wanted: Schedule, now: datetime) -> Schedule:
    """The caller's schedule is `wanted` from now on, under the next version, whatever the version of `wanted`.

    Raises `Forbidden` if the caller's account is deactivated.
    """
    profiles.ensure(caller, now)
    return retrying_contention(lambda: _replace_schedule(caller.specialist_id, wanted))


def put_dates(caller: Caller, days: Iterable[date], hours: DayHours) -> Sequence[DateHours]:
    """On these local days (at most 62) these hours hold instead of the week's; an empty list is a day off.

    Raises `Forbidden` if the caller's account is deactivated.
    """
    items = [DateItem.of(caller.specialist_id, day, hours) for day in days]
    transaction = Transaction()
    for item in items:
        key = DateItem(specialist_id=item.specialist_id, sk=item.sk)
        transaction.update(key, [DateItem.hours.set(item.hours), DateItem.expires_at.set(item.expires_at)])
    profiles.commit_while_open(transaction, caller.specialist_id)
    return [item.to_date_hours() for item in items]


def delete_date(caller: Caller, day: date) -> None:
    """The week's hours hold on that local day again, as they do where it has none of its own.

    Raises `Forbidden` if the caller's account is deactivated.
    """
    transaction = Transaction()
    transaction.delete(DateItem(specialist_id=caller.specialist_id, sk=date_key(day)))
    profiles.commit_while_open(transaction, caller.specialist_id)


def get_schedule(specialist_id: str) -> Schedule:
    """What the specialist has described, or a schedule without hours. Raises `SpecialistNotFound`."""
    profiles.check_specialist_id(specialist_id)
    item = _find_schedule(specialist_id)
    if item is None:
        profiles.get_profile(specialist_id)
    return item.to_schedule() if item else Schedule()


def get_own_schedule(caller: Caller) -> Schedule:
    """The same of the caller. Raises `ProfileNotFound`."""
    with profiles.own_profile():
        return get_schedule(caller.specialist_id)


def list_dates(specialist_id: str, wanted: DateFilter, request: PageRequest) -> Page[DateHours]:
    """The days with hours of their own, in order. Raises `SpecialistNotFound`."""
    profiles.check_specialist_id(specialist_id)
    page = query_page(DateItem, specialist_id, _is_date(wanted), request, key_of=DateItem.key)
    if not page.items:
        profiles.get_profile(specialist_id)
    return page.map(DateItem.to_date_hours)


def list_own_dates(caller: Caller, wanted: DateFilter, request: PageRequest) -> Page[DateHours]:
    """The same of the caller. Raises `ProfileNotFound`."""
    with profiles.own_profile():
        return list_dates(caller.specialist_id, wanted, request)


def read_opening_hours(specialist_id: str) -> OpeningHours:
    """The specialist's opening hours on all days, as they are stored now, in two reads."""
    keys = [(specialist_id, PROFILE_KEY), (specialist_id, SCHEDULE_KEY)]
    found = {raw["sk"]["S"]: raw for raw in get_all(CalendarItem, keys)}
    time_zone = ProfileItem.from_old(found[PROFILE_KEY]).time_zone if PROFILE_KEY in found else DEFAULT_TIME_ZONE
    schedule = ScheduleItem.from_old(found[SCHEDULE_KEY]).to_schedule() if SCHEDULE_KEY in found else Schedule()
    dates = query_all(DateItem, specialist_id, _is_date(DateFilter()), consistent=True)
    return OpeningHours(schedule, {item.date: item.to_hours() for item in dates}, ZoneInfo(time_zone))


def _replace_schedule(specialist_id: str, wanted: Schedule) -> Schedule:
    seen = _find_schedule(specialist_id)
    new = replace(wanted, version=int(seen.version) + 1 if seen else 1)
    is_as_seen = ScheduleItem.version == seen.version if seen else ScheduleItem.specialist_id.does_not_exist()
    transaction = Transaction()
    transaction.put(ScheduleItem.of(specialist_id, new), condition=is_as_seen)
    try:
        profiles.commit_while_open(transaction, specialist_id)
    except TransactionCanceled:
        raise Contended from None
    return new


def _find_schedule(specialist_id: str) -> ScheduleItem | None:
    return get(ScheduleItem, specialist_id, SCHEDULE_KEY, consistent=True)


def _is_date(wanted: DateFilter) -> Condition:
    within: Condition = DateItem.sk.between(
        date_key(wanted.date_from) if wanted.date_from else DATE_KEY_PREFIX,
        date_key(wanted.date_to or date.max),
    )
    return within
