"""GET /bookings/me: the caller's bookings."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.errors import Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.reservations import BookingBody
from booking.http.booking_filter import Filter
from booking.http.caller import AnyCaller
from booking.http.errors import documented
from booking.http.pagination import PageOf
from booking.reservations.lookup import own_bookings
from booking.reservations.rules import Booking

router = APIRouter()


@router.get(
    "/bookings/me",
    response_model=list[BookingBody],
    responses=documented(Unauthenticated),
    tags=["bookings"],
)
async def list_own_bookings(caller: AnyCaller, wanted: Filter, pagination: PageOf) -> Sequence[Booking]:
    """The bookings that the caller made, by slot start."""
    return pagination.page(lambda request: own_bookings(caller, wanted, request), of=caller.user_id)


handler = lambda_handler(router)
