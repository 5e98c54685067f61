"""PATCH /bookings/{id}/attendance: say whether the client has come."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.bookings import BookingBody
from booking.api.bodies.fields import RequestBody
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.attendance import set_attendance
from booking.bookings.errors import BookingNotFound, NoAttendance, SlotNotStarted
from booking.bookings.rules import Attendance, Booking
from booking.errors import Forbidden

router = APIRouter()


class AttendanceChange(RequestBody):
    """Whether the client has come; null takes back what was said."""

    attendance: Attendance | None


@router.patch(
    "/bookings/{id}/attendance",
    summary="Say whether the client has come",
    response_model=BookingBody,
    responses=refusals(Forbidden, BookingNotFound, NoAttendance, SlotNotStarted),
)
async def endpoint(caller: SpecialistCaller, booking_id: PathId, body: AttendanceChange, now: Now) -> Booking:
    """Say it once the slot has started, as its specialist. Moving or cancelling the booking takes it back."""
    return set_attendance(caller, booking_id, body.attendance, now)


handler = lambda_handler(router)
