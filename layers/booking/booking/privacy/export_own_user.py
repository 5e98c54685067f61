"""All that is stored about an account, for its holder, in parts that fit into an answer."""

from collections.abc import Mapping, Sequence
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
    """As a page of one part, with at most as many bookings as the request's limit.

    Raises `Unauthenticated` if the account is gone or deactivated.
    """
    user = get_own_user(caller)
    start = request.start or {}
    if _AS_SPECIALIST in start:
        after = {name: value for name, value in start.items() if name != _AS_SPECIALIST}
        taken = _of_slots(caller, PageRequest(request.limit, start=after))
        return Page([ExportPart(None, (), taken.items)], taken.next_start)
    account = None
    if request.start is None:
        account = AccountData(
            user, list_sessions(user, now), read_calendar(caller.specialist_id), every_entry(caller.user_id)
        )
    made = list_own_bookings(caller, BookingFilter(), request)
    if made.next_start is not None:
        return Page([ExportPart(account, made.items, ())], made.next_start)
    room = request.limit - len(made.items)
    taken = _of_slots(caller, PageRequest(room or 1))  # without room: whether there is a next part
    if room or not taken.items:
        return Page([ExportPart(account, made.items, taken.items)], taken.next_start)
    return Page([ExportPart(account, made.items, ())], _among_taken({}))


def _of_slots(caller: Caller, request: PageRequest) -> Page[Booking]:
    try:
        page = list_specialist_bookings(caller, BookingFilter(), request)
    except ProfileNotFound:
        return Page((), None)
    return Page(page.items, None if page.next_start is None else _among_taken(page.next_start))


def _among_taken(start: Mapping[str, str]) -> Mapping[str, str]:
    """A part starts there among the bookings of the caller's slots; at the first of them, where nothing is named."""
    return {**start, _AS_SPECIALIST: "1"}
