"""Open bookings from hours that the opening hours no longer cover."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice

from booking.bookings.rules import OPEN, Booking
from booking.bookings.table import BookingItem
from booking.dynamodb.queries import query_every
from booking.runtime.clock import to_stored
from booking.slots.rules import LONGEST_SLOT
from booking.specialists.opening_hours import OpeningHours

MOST_CONFLICTS = 100
MOST_LOOKED_AT = 5000  # so that a full calendar does not keep the answer from being given
_CALENDAR_ENDS = timedelta(days=1000)


def uncovered_bookings(specialist_id: str, hours: OpeningHours, now: datetime) -> Sequence[Booking]:
    """Those that start from now on, by start, the first 100.

    An index knows them, which may not have heard of those that were made in the last moments.
    """
    found = _uncovered(specialist_id, hours, now, now + _CALENDAR_ENDS)
    return list(islice(found, MOST_CONFLICTS))


def uncovered_bookings_of_days(
    specialist_id: str, hours: OpeningHours, first: date, last: date, now: datetime
) -> Sequence[Booking]:
    """Those of them that have a part on these local days."""
    begin, end = hours.first_instant_of(first), hours.first_instant_of(last + timedelta(days=1))
    touching = _uncovered(specialist_id, hours, max(now, begin - LONGEST_SLOT), end)
    return list(islice((booking for booking in touching if booking.slot_end_at > begin), MOST_CONFLICTS))


def _uncovered(specialist_id: str, hours: OpeningHours, first: datetime, until: datetime) -> Iterator[Booking]:
    if first >= until:  # the time zone has just changed
        return
    starts = BookingItem.starts.between(to_stored(first), to_stored(until))
    to_come = query_every(BookingItem.by_specialist, specialist_id, starts, only=BookingItem.status.is_in(*OPEN))
    for item in islice(to_come, MOST_LOOKED_AT):
        booking = item.to_booking()
        if booking.is_from_hours and not hours.covers(booking.slot_start_at, booking.slot_end_at):
            yield booking
