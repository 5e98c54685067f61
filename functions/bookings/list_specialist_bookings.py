"""GET /bookings/specialists/me: the bookings of the caller's slots."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.bookings import SpecialistBookingBody
from booking.api.booking_filter import Filter
from booking.api.errors import refusals
from booking.api.pagination import Pages
from booking.bookings.read import list_specialist_bookings
from booking.bookings.rules import Booking
from booking.specialists.errors import ProfileNotFound

router = APIRouter()


@router.get(
    "/bookings/specialists/me",
    summary="List the bookings of your slots",
    response_model=list[SpecialistBookingBody],
    responses=refusals(ProfileNotFound),
)
async def endpoint(caller: SpecialistCaller, wanted: Filter, pages: Pages) -> Sequence[Booking]:
    """Who has booked the caller's slots, by slot start."""
    return pages.items(list_specialist_bookings(caller, wanted, pages.wanted))


handler = lambda_handler(router)
