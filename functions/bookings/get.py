"""GET /bookings/{id}: a booking."""

from fastapi import APIRouter

from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.reservations import BookingBody
from booking.http.caller import AnyCaller
from booking.http.errors import documented
from booking.http.source import PathId
from booking.reservations.errors import BookingNotFound
from booking.reservations.lookup import booking_for
from booking.reservations.rules import Booking

router = APIRouter()


@router.get(
    "/bookings/{id}",
    response_model=BookingBody,
    responses=documented(Unauthenticated, Forbidden, BookingNotFound),
    tags=["bookings"],
)
async def show_booking(caller: AnyCaller, booking_id: PathId) -> Booking:
    """A booking, for its client, its specialist and admins."""
    return booking_for(caller, booking_id)


handler = lambda_handler(router)
