"""What becomes of a guest's booking once it is confirmed: it is the account's that has shown the address to be its own.

It is looked for here, where nobody waits for the answer, so that no answer and no time tells who has an account.
"""

from booking.accounts.read import find_user_by_address
from booking.background.queues import TryLater
from booking.bookings.take_over import take_over
from booking.errors import StoreUnavailable
from booking.notifications.events import BookingEvent, EventType


def take_over_for_account(event: BookingEvent) -> TryLater | None:
    """Hands a guest's booking that was just confirmed to the account with its address, if there is a verified one.

    The answer says why that cannot be done now; doing it again changes nothing.
    """
    booking = event.booking
    if event.type is not EventType.CONFIRMED or booking.guest_id is None or booking.client.email is None:
        return None
    try:
        user = find_user_by_address(booking.client.email)
        if user and user.is_active and user.email_verified:
            take_over(booking.id, user.id)
    except StoreUnavailable:
        return TryLater("no account can take the booking over now")
    return None
