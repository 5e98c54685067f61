"""Erasing whoever has an address: what the operator's command does for somebody who has asked by mail."""

from datetime import datetime

from booking.accounts.addresses import known_address
from booking.accounts.guests import guest_id_of
from booking.accounts.read import find_item_by_address
from booking.bookings.erase import forget_guest
from booking.dynamodb.contention import retrying_contention
from booking.privacy.erase import Erasure, begin_erasure, erase_person


def erase_by_address(email: str, now: datetime) -> bool:
    """Erases the account that has the address, if there is one, and what guests had booked with it.

    The operator knows who asks: no password is shown, the account may be deactivated and its address not verified.
    Whether there was an account. Raises `AddressRejected`, `UpcomingBookings`, `LastAdmin`, `StoreUnavailable`: a
    repeat goes on there. What a guest has booked in the last seconds may not be seen yet: then, too, a repeat finds it.
    """
    address = known_address(email)
    guest_id = guest_id_of(address)
    erasure = retrying_contention(lambda: _begin(address, guest_id, now))
    while erasure and not erase_person(erasure, now):
        continue
    # Also what was booked since an account was marked in a run before this.
    while not forget_guest(guest_id, now, now):
        continue
    return erasure is not None


def _begin(address: str, guest_id: str, now: datetime) -> Erasure | None:
    user = find_item_by_address(address)
    return begin_erasure(user, guest_id, now) if user else None
