"""Looking bookings up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from booking.bookings.errors import BookingNotFound
from booking.bookings.rules import BOOKING_PREFIX, Booking, Status, as_seen_by, check_may_see
from booking.bookings.table import BookingItem
from booking.caller import Caller, Guest
from booking.dynamodb.items import get
from booking.dynamodb.queries import Page, PageRequest, query_every, query_page
from booking.errors import DatesReversed
from booking.runtime.clock import to_stored
from booking.runtime.ids import is_id
from booking.specialists import profiles


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings a list shows: of one status, and of slots that start on these UTC days.

    Raises `DatesReversed`.
    """

    status: Status | None = None
    date_from: date | None = None
    date_to: date | None = None

    def __post_init__(self) -> None:
        if self.date_from and self.date_to and self.date_to < self.date_from:
            raise DatesReversed


def find_booking(booking_id: str) -> Booking:
    """The booking as it is now, whoever may see it. Raises `BookingNotFound`."""
    known_form = is_id(BOOKING_PREFIX, booking_id)
    item = get(BookingItem, booking_id, consistent=True) if known_form else None
    if item is None:
        raise BookingNotFound
    return item.to_booking()


def get_booking(caller: Caller | Guest, booking_id: str, now: datetime) -> Booking:
    """The booking for whoever may see it, with its specialist's name. Raises `BookingNotFound`, `Forbidden`."""
    booking = find_booking(booking_id)
    check_may_see(booking, caller, now)
    return _with_names([as_seen_by(caller, booking)])[0]


def list_own_bookings(caller: Caller, wanted: BookingFilter, request: PageRequest) -> Page[Booking]:
    """The bookings that the caller made, by slot start, with their specialists' names."""
    page = query_page(
        BookingItem.by_client,
        caller.user_id,
        _days(BookingItem.starts, wanted),
        request,
        key_of=BookingItem.client_list_key,
        only=_status(wanted),
    )
    own = [as_seen_by(caller, item.to_booking()) for item in page.items]
    return Page(_with_names(own), page.next_start)


def list_specialist_bookings(caller: Caller, wanted: BookingFilter, request: PageRequest) -> Page[Booking]:
    """The bookings of the caller's slots, by slot start. Raises `ProfileNotFound`."""
    page = query_page(
        BookingItem.by_specialist,
        caller.specialist_id,
        _days(BookingItem.starts, wanted),
        request,
        key_of=BookingItem.specialist_list_key,
        only=_status(wanted),
    )
    if not page.items:
        profiles.get_own_profile(caller)
    return page.map(BookingItem.to_booking)


def confirmed_bookings(specialist_id: str, first: datetime, until: datetime) -> Sequence[Booking]:
    """The specialist's confirmed bookings of slots that start in that time (`until` excluded), by start."""
    starts = BookingItem.starts.between(to_stored(first), to_stored(until))
    confirmed = BookingItem.status == Status.CONFIRMED
    found = query_every(BookingItem.by_specialist, specialist_id, starts, only=confirmed)
    return [item.to_booking() for item in found]


def _with_names(bookings: Sequence[Booking]) -> Sequence[Booking]:
    """The bookings with their specialists' present names, which take one read."""
    names = profiles.names_of({booking.specialist_id for booking in bookings})
    return [replace(booking, specialist_name=names.get(booking.specialist_id)) for booking in bookings]


def _status(wanted: BookingFilter) -> Condition | None:
    return BookingItem.status == wanted.status if wanted.status else None


def _days(starts: UnicodeAttribute, wanted: BookingFilter) -> Condition | None:
    """`starts` begins with the slot's start, so whole days are a range of it."""
    first = _midnight(wanted.date_from) if wanted.date_from else None
    end = _midnight(wanted.date_to + timedelta(days=1)) if wanted.date_to else None
    if first and end:
        return starts.between(first, end)
    if first:
        return starts >= first
    return starts < end if end else None


def _midnight(day: date) -> str:
    return to_stored(datetime.combine(day, time.min, UTC))
