"""Taking a person out of bookings: what is to come is cancelled like any other, what is over stays without the person.

A booking that has ended changes no more but by being taken over, so it may be written whatever has happened since it
was read: who takes over what a person has booked as a guest is that person.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial, reduce
from itertools import batched, islice
from operator import or_

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from booking.bookings.end import end_booking
from booking.bookings.free_time import finish_promotions, retrying_free
from booking.bookings.read import find_booking
from booking.bookings.rules import OPEN, Booking, Status
from booking.bookings.table import PERSONAL, BookingItem, forget_person
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.queries import query_every
from booking.dynamodb.transaction import MOST_WRITES, Transaction
from booking.runtime.clock import to_stored
from booking.slots.rules import has_started

MOST_CANCELLED = 50
MOST_FORGOTTEN = 2000
"""So many take a few seconds; who has more is erased in several runs."""

_IS_OPEN = BookingItem.status.is_in(*OPEN)
_NAMES_SOMEBODY = reduce(or_, (Path(name).exists() for name in PERSONAL))
_NEEDS_ERASING = _NAMES_SOMEBODY | _IS_OPEN | BookingItem.frees.exists()


def has_bookings_to_come(specialist_id: str, client_id: str, now: datetime) -> bool:
    """Whether somebody else than the client has one, held or confirmed, as far as an index knows."""
    return any(item.client_id != client_id for item in _to_come(specialist_id, now))


def forget_client(client_id: str, now: datetime) -> bool:
    """Cancels what the client has booked and takes it out of the rest; False when there is more than one run does.

    The specialist is notified of a cancellation; the client is not, whose address is gone with the same write.
    """
    return _forget(client_id, _NEEDS_ERASING, now)


def forget_guest(guest_id: str, made_until: datetime, now: datetime) -> bool:
    """Does as `forget_client` with what a guest had booked by then: whoever has the address may book with it again."""
    return _forget(guest_id, (BookingItem.created_at <= made_until) & _NEEDS_ERASING, now)


def _forget(client_id: str, which: Condition, now: datetime) -> bool:
    found = query_every(BookingItem.by_client, client_id, only=which)
    bookings = [item.to_booking() for item in islice(found, MOST_FORGOTTEN)]
    to_cancel = [booking for booking in bookings if _is_to_come(booking, now) or booking.frees]
    _cancel_each(to_cancel, now, also=forget_person())
    _change_each((booking.id for booking in bookings if not _is_to_come(booking, now)), forget_person())
    return len(bookings) < MOST_FORGOTTEN and len(to_cancel) <= MOST_CANCELLED


def forget_specialist(specialist_id: str, now: datetime) -> bool:
    """Cancels what others have booked, and forgets why bookings were cancelled.

    Their clients are notified, and keep what they have booked: the time, the service and its price. False when there is
    more than one run does.
    """
    to_come = [item.to_booking() for item in islice(_to_come(specialist_id, now), MOST_CANCELLED + 1)]
    _cancel_each(to_come, now)
    with_reason = query_every(BookingItem.by_specialist, specialist_id, only=BookingItem.cancel_reason.exists())
    forgotten = [item.booking_id for item in islice(with_reason, MOST_FORGOTTEN)]
    _change_each(forgotten, [BookingItem.cancel_reason.remove()])
    return len(to_come) <= MOST_CANCELLED and len(forgotten) < MOST_FORGOTTEN


def _to_come(specialist_id: str, now: datetime) -> Iterable[BookingItem]:
    return query_every(BookingItem.by_specialist, specialist_id, BookingItem.starts > to_stored(now), only=_IS_OPEN)


def _is_to_come(booking: Booking, now: datetime) -> bool:
    return booking.status in OPEN and not has_started(booking.slot_start_at, now)


def _cancel_each(bookings: Sequence[Booking], now: datetime, also: Sequence[Action] = ()) -> None:
    for booking in bookings[:MOST_CANCELLED]:
        finish_promotions(retrying_free(partial(_cancel, booking.id, now, also)), now)


def _cancel(booking_id: str, now: datetime, also: Sequence[Action]) -> Booking:
    booking = finish_promotions(find_booking(booking_id), now)
    if _is_to_come(booking, now):
        return end_booking(booking, Status.CANCELLED, now, also=also)
    if also:
        _change_each([booking_id], also)  # somebody else has ended it
    return booking


def _change_each(booking_ids: Iterable[str], changes: Sequence[Action]) -> None:
    """As many at once as one write takes."""
    for some in batched(booking_ids, MOST_WRITES, strict=False):
        transaction = Transaction()
        for booking_id in some:
            transaction.update(BookingItem(booking_id=booking_id), changes, condition=BookingItem.booking_id.exists())
        retrying_contention(transaction.commit)
