"""All that is stored about an account, for its holder, in parts that fit into an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.accounts.read import get_own_user
from booking.accounts.sessions import OpenSession, list_sessions
from booking.accounts.user import User
from booking.bookings.read import BookingFilter, list_own_bookings, list_specialist_bookings
from booking.bookings.rules import Booking
from booking.caller import Caller
from booking.dynamodb.queries import Page, PageRequest
from booking.slots.calendar import Calendar, read_calendar
from booking.slots.rules import WaitListEntry
from booking.slots.wait_list import every_entry
from booking.specialists.errors import ProfileNotFound

_AS_SPECIALIST = "as_specialist"


@dataclass(frozen=True, slots=True)
class AccountData:
    """What is stored beside bookings; the calendar of who offers nothing is empty."""

    user: User
    sessions: Sequence[OpenSession]
    calendar: Calendar
    wait_list: Sequence[WaitListEntry]


@dataclass(frozen=True, slots=True)
class ExportPart:
    """Bookings that the caller has made, then those of its slots, by start; the first part has the rest as well."""

    account: AccountData | None
    bookings: Sequence[Booking]
    specialist_bookings: Sequence[Booking]


def export_own_user(caller: Caller, request: PageRequest, now: datetime) -> Page[ExportPart]:
    """As a page of one part. Raises `Unauthenticated` if the account is gone or deactivated."""
    user = get_own_user(caller)
    account = None
    if request.start is None:
        account = AccountData(
            user, list_sessions(user, now), read_calendar(caller.specialist_id), every_entry(caller.user_id)
        )
    if request.start and _AS_SPECIALIST in request.start:
        start = {name: value for name, value in request.start.items() if name != _AS_SPECIALIST}
        theirs = _of_slots(caller, PageRequest(request.limit, start=start))
        return _part(account, (), theirs)
    own = list_own_bookings(caller, BookingFilter(), request)
    if own.next_start is not None:
        return Page([ExportPart(account, own.items, ())], own.next_start)
    return _part(account, own.items, _of_slots(caller, PageRequest(request.limit)))


def _part(account: AccountData | None, own: Sequence[Booking], theirs: Page[Booking]) -> Page[ExportPart]:
    next_start = {**theirs.next_start, _AS_SPECIALIST: "1"} if theirs.next_start is not None else None
    return Page([ExportPart(account, own, theirs.items)], next_start)


def _of_slots(caller: Caller, request: PageRequest) -> Page[Booking]:
    try:
        return list_specialist_bookings(caller, BookingFilter(), request)
    except ProfileNotFound:
        return Page((), None)
