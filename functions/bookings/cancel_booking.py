"""PATCH /bookings/{id}/cancel: give a booking up."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import CallerOrGuest
from booking.api.bodies.bookings import BookingBody
from booking.api.bodies.fields import Description, RequestBody
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.end import cancel_booking
from booking.bookings.errors import BookingHasExpired, BookingNotFound, NoLongerChangeable
from booking.bookings.rules import Booking
from booking.errors import Forbidden
from booking.slots.errors import SlotStarted

router = APIRouter()


class Cancellation(RequestBody):
    """Why; its client, its specialist and admins see it."""

    reason: Description | None = None


@router.patch(
    "/bookings/{id}/cancel",
    operation_id="cancelBooking",
    summary="Cancel a booking",
    response_model=BookingBody,
    responses=refusals(Forbidden, BookingNotFound, BookingHasExpired, SlotStarted, NoLongerChangeable),
    tags=["bookings"],
)
async def endpoint(caller: CallerOrGuest, booking_id: PathId, now: Now, body: Cancellation | None = None) -> Booking:
    """Cancel. Whoever waits longest for the time gets it in the same moment."""
    return cancel_booking(caller, booking_id, now, reason=body.reason if body else None)


handler = lambda_handler(router)
