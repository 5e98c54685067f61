"""GET /bookings/specialists/me: the bookings of the caller's slots."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.reservations import SpecialistBookingBody
from booking.api.booking_filter import Filter
from booking.api.caller import SpecialistCaller
from booking.api.errors import documented
from booking.api.pagination import PageOf
from booking.bookings.read import list_specialist_bookings
from booking.bookings.rules import Booking
from booking.errors import Forbidden, Unauthenticated
from booking.specialists.errors import ProfileNotFound

router = APIRouter()


@router.get(
    "/bookings/specialists/me",
    operation_id="listSpecialistBookings",
    summary="List the bookings of your slots",
    response_model=list[SpecialistBookingBody],
    responses=documented(Unauthenticated, Forbidden, ProfileNotFound),
    tags=["bookings"],
)
async def endpoint(caller: SpecialistCaller, wanted: Filter, pagination: PageOf) -> Sequence[Booking]:
    """Who has booked the caller's slots, by slot start."""
    return pagination.page(lambda request: list_specialist_bookings(caller, wanted, request), of=caller.user_id)


handler = lambda_handler(router)
