"""GET /bookings/specialists/me: the bookings of the caller's slots."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.calendar.errors import ProfileNotFound
from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.reservations import SpecialistBookingBody
from booking.http.booking_filter import Filter
from booking.http.caller import SpecialistCaller
from booking.http.errors import documented
from booking.http.pagination import PageOf
from booking.reservations.lookup import specialist_bookings
from booking.reservations.rules import Booking

router = APIRouter()


@router.get(
    "/bookings/specialists/me",
    response_model=list[SpecialistBookingBody],
    responses=documented(Unauthenticated, Forbidden, ProfileNotFound),
    tags=["bookings"],
)
async def list_bookings_of_slots(caller: SpecialistCaller, wanted: Filter, pagination: PageOf) -> Sequence[Booking]:
    """Who has booked the caller's slots, by slot start."""
    return pagination.page(lambda request: specialist_bookings(caller, wanted, request), of=caller.user_id)


handler = lambda_handler(router)
