"""GET /bookings/{id}: a booking."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import CallerOrGuest
from booking.api.bodies.bookings import ClientBookingBody
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.errors import BookingNotFound
from booking.bookings.read import get_booking
from booking.bookings.rules import Booking
from booking.errors import Forbidden

router = APIRouter()


@router.get(
    "/bookings/{id}",
    summary="Get a booking",
    response_model=ClientBookingBody,
    responses=refusals(Forbidden, BookingNotFound),
)
async def endpoint(caller: CallerOrGuest, booking_id: PathId, now: Now) -> Booking:
    """A booking, for its client or guest, its specialist and admins."""
    return get_booking(caller, booking_id, now)


handler = lambda_handler(router)
