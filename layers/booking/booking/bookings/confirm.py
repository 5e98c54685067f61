"""Confirming a booking that is held: one conditional write."""

from datetime import datetime

from booking.bookings.errors import BookingNotFound, HoldHasEnded
from booking.bookings.rules import BOOKING_PREFIX, Booking, Status, check_may_see
from booking.bookings.table import BookingItem, booking_of, reminder_timer
from booking.caller import Caller
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.runtime.ids import is_id
from booking.telemetry.metrics import count


def confirm_booking(caller: Caller, booking_id: str, now: datetime, *, payment_ref: str | None = None) -> Booking:
    """The booking, confirmed for its client, its specialist or an admin. Confirming twice is no error.

    The first one's `payment_ref` stays. Raises `BookingNotFound`, `Forbidden`, `HoldHasEnded`.
    """
    if not is_id(BOOKING_PREFIX, booking_id):
        raise BookingNotFound
    may_confirm = (BookingItem.status == Status.HELD) & (BookingItem.hold_expires_at > now)
    if not caller.is_admin:
        is_theirs = (BookingItem.client_id == caller.user_id) | (BookingItem.specialist_id == caller.specialist_id)
        may_confirm &= is_theirs
    try:
        item = update(
            BookingItem(booking_id=booking_id),
            [
                BookingItem.status.set(Status.CONFIRMED),
                BookingItem.confirmed_at.set(now),
                *([BookingItem.payment_ref.set(payment_ref)] if payment_ref else []),
                BookingItem.timer.set(reminder_timer(booking_id)),
                BookingItem.hold_expires_at.remove(),
            ],
            condition=may_confirm,
        )
    except ConditionFailed as failure:
        if failure.old is None:
            raise BookingNotFound from None
        return _confirmed_before(booking_of(failure.old), caller)
    count("bookings_confirmed")
    return item.to_booking()


def _confirmed_before(booking: Booking, caller: Caller) -> Booking:
    check_may_see(booking, caller)
    if booking.status is not Status.CONFIRMED:
        raise HoldHasEnded
    return booking
