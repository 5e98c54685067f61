"""GET /bookings/me: the caller's bookings."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.reservations import BookingBody
from booking.api.booking_filter import Filter
from booking.api.caller import AnyCaller
from booking.api.errors import documented
from booking.api.pagination import PageOf
from booking.bookings.read import list_own_bookings
from booking.bookings.rules import Booking
from booking.errors import Unauthenticated

router = APIRouter()


@router.get(
    "/bookings/me",
    operation_id="listOwnBookings",
    summary="List your bookings",
    response_model=list[BookingBody],
    responses=documented(Unauthenticated),
    tags=["bookings"],
)
async def endpoint(caller: AnyCaller, wanted: Filter, pagination: PageOf) -> Sequence[Booking]:
    """The bookings that the caller made, by slot start."""
    return pagination.page(lambda request: list_own_bookings(caller, wanted, request), of=caller.user_id)


handler = lambda_handler(router)
