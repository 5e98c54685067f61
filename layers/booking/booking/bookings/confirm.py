"""Confirming a booking that is held: one conditional write."""

from datetime import datetime

from pynamodb.expressions.condition import Condition

from booking.bookings.errors import BookingNotFound, HoldHasEnded
from booking.bookings.rules import BOOKING_PREFIX, Booking, Status, as_seen_by, check_may_see
from booking.bookings.table import BookingItem, booking_of, reminder_timer
from booking.caller import Caller, Guest
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.runtime.ids import is_id
from booking.telemetry.metrics import count


def confirm_booking(
    caller: Caller | Guest, booking_id: str, now: datetime, *, payment_ref: str | None = None
) -> Booking:
    """The booking, confirmed for its client or guest, its specialist or an admin. Confirming twice is no error.

    The first one's `payment_ref` stays. Raises `BookingNotFound`, `Forbidden`, `HoldHasEnded`.
    """
    if not is_id(BOOKING_PREFIX, booking_id):
        raise BookingNotFound
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
            condition=_may_confirm(caller, now),
        )
    except ConditionFailed as failure:
        if failure.old is None:
            raise BookingNotFound from None
        return as_seen_by(caller, _confirmed_before(booking_of(failure.old), caller, now))
    count("bookings_confirmed")
    return as_seen_by(caller, item.to_booking())


def _may_confirm(caller: Caller | Guest, now: datetime) -> Condition:
    may_confirm: Condition = (BookingItem.status == Status.HELD) & (BookingItem.hold_expires_at > now)
    if isinstance(caller, Guest):
        may_confirm &= (BookingItem.booking_id == caller.booking_id) & (BookingItem.guest_id == caller.guest_id)
    elif not caller.is_admin:
        may_confirm &= (BookingItem.client_id == caller.user_id) | (BookingItem.specialist_id == caller.specialist_id)
    return may_confirm


def _confirmed_before(booking: Booking, caller: Caller | Guest, now: datetime) -> Booking:
    check_may_see(booking, caller, now)
    if booking.status is not Status.CONFIRMED:
        raise HoldHasEnded
    return booking
