"""POST /bookings/{id}/confirm: confirm a booking that is held."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from booking.api.application import lambda_handler
from booking.api.authentication import CallerOrGuest
from booking.api.bodies.bookings import BookingBody
from booking.api.bodies.fields import Description, RequestBody
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.confirm import confirm_booking
from booking.bookings.errors import BookingNotFound, HoldHasEnded
from booking.bookings.rules import Booking
from booking.errors import Forbidden

router = APIRouter()


class Confirmation(RequestBody):
    """What the payment is called where it was made, if there is one."""

    payment_ref: Annotated[Description, Field(max_length=200)] | None = None


@router.post(
    "/bookings/{id}/confirm",
    summary="Confirm a held booking",
    response_model=BookingBody,
    responses=refusals(Forbidden, BookingNotFound, HoldHasEnded),
)
async def endpoint(caller: CallerOrGuest, booking_id: PathId, now: Now, body: Confirmation | None = None) -> Booking:
    """Confirm, before the hold ends. A repeat is no error."""
    return confirm_booking(caller, booking_id, now, payment_ref=body.payment_ref if body else None)


handler = lambda_handler(router)
