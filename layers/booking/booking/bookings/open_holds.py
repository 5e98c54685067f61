"""How many slots a client holds at a time: the limit is a condition of the write that makes one more.

The holds are counted in an item of the client's. Confirming, cancelling and lapsing leave it alone: what has ended
meanwhile is taken out once the limit seems to be reached.
"""

from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.expressions.condition import size
from pynamodb.expressions.update import Action

from booking.bookings.errors import TooManyOpenHolds
from booking.bookings.rules import Booking, Status
from booking.bookings.table import BookingItem
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import Step
from booking.dynamodb.items import delete, get_all, update
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds

MOST_OPEN_HOLDS = 5
MOST_OPEN_HOLDS_OF_GUEST = 2
LONGEST_HOLD = timedelta(minutes=30)


class _OpenHolds(EphemeralItem):
    booking_ids = UnicodeSetAttribute()


def count_hold(transaction: Transaction, booking: Booking, most: int, now: datetime) -> Step:
    """The client holds one more, if there are fewer than `most`."""
    return transaction.update(
        _OpenHolds(pk=_key(booking.client_id)),
        [
            _OpenHolds.booking_ids.add({booking.id}),
            _kept_from(now),
        ],
        condition=_OpenHolds.booking_ids.does_not_exist() | (size(_OpenHolds.booking_ids) < most),
    )


def forget_ended_holds(client_id: str, counted: RawItem, now: datetime) -> None:
    """Counts what has ended no longer, so that there is room. Raises `TooManyOpenHolds` if nothing has."""
    booking_ids = _OpenHolds.from_old(counted).booking_ids
    found = [BookingItem.from_old(raw) for raw in get_all(BookingItem, [(each,) for each in sorted(booking_ids)])]
    held = {item.booking_id for item in found if item.status is Status.HELD and item.hold_expires_at > now}
    ended = booking_ids - held
    if not ended:
        raise TooManyOpenHolds
    update(_OpenHolds(pk=_key(client_id)), [_OpenHolds.booking_ids.delete(ended), _kept_from(now)])


def forget_holds(client_id: str) -> None:
    """Nothing is counted for the client any more."""
    delete(_OpenHolds(pk=_key(client_id)))


def _kept_from(now: datetime) -> Action:
    return _OpenHolds.expires_at.set(epoch_seconds(now + LONGEST_HOLD))


def _key(client_id: str) -> str:
    return f"holds#{client_id}"
