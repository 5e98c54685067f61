"""Whether a client has come: said once the slot has started, in one conditional write."""

from datetime import datetime

from booking.bookings.errors import BookingNotFound
from booking.bookings.rules import BOOKING_PREFIX, Attendance, Booking, Status, why_no_attendance
from booking.bookings.table import BookingItem, booking_of
from booking.caller import Caller
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.runtime.ids import is_id


def set_attendance(caller: Caller, booking_id: str, attendance: Attendance | None, now: datetime) -> Booking:
    """The booking with what its specialist, or an admin, says; None takes it back. Saying it twice is no error.

    Raises `BookingNotFound`, `Forbidden`, `NoAttendance`, `SlotNotStarted`.
    """
    if not is_id(BOOKING_PREFIX, booking_id):
        raise BookingNotFound
    may_say = BookingItem.status.is_in(Status.CONFIRMED, Status.EXPIRED) & (BookingItem.slot_start_at <= now)
    may_say &= BookingItem.hold_expires_at.does_not_exist()  # one that has lapsed keeps it
    if not caller.is_admin:
        may_say &= BookingItem.specialist_id == caller.specialist_id
    change = BookingItem.attendance.set(attendance) if attendance else BookingItem.attendance.remove()
    try:
        return update(BookingItem(booking_id=booking_id), [change], condition=may_say).to_booking()
    except ConditionFailed as failure:
        if failure.old is None:
            raise BookingNotFound from None
        raise why_no_attendance(booking_of(failure.old), caller) from None
