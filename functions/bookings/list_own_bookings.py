"""GET /bookings/me: the caller's bookings."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.bookings import ClientBookingBody
from booking.api.booking_filter import Filter
from booking.api.pagination import Pages
from booking.bookings.read import list_own_bookings
from booking.bookings.rules import Booking

router = APIRouter()


@router.get("/bookings/me", summary="List your bookings", response_model=list[ClientBookingBody])
async def endpoint(caller: AnyCaller, wanted: Filter, pages: Pages) -> Sequence[Booking]:
    """The bookings that the caller made, by slot start."""
    return pages.items(list_own_bookings(caller, wanted, pages.wanted))


handler = lambda_handler(router)
