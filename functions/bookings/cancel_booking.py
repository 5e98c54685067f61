"""PATCH /bookings/{id}/cancel: give a booking up."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.fields import Description, RequestBody
from booking.api.bodies.reservations import BookingBody
from booking.api.caller import AnyCaller
from booking.api.errors import documented
from booking.api.source import Now, PathId
from booking.bookings.cancel import cancel_booking
from booking.bookings.errors import BookingHasExpired, BookingNotFound
from booking.bookings.rules import Booking
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
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
    responses=documented(
        Unauthenticated,
        Forbidden,
        BookingNotFound,
        BookingHasExpired,
        SlotStarted,
        StoreUnavailable,
    ),
    tags=["bookings"],
)
async def endpoint(caller: AnyCaller, booking_id: PathId, now: Now, body: Cancellation | None = None) -> Booking:
    """Cancel. The first in the slot's wait-list gets it in the same moment."""
    return cancel_booking(caller, booking_id, now, reason=body.reason if body else None)


handler = lambda_handler(router)
