"""PATCH /bookings/{id}/cancel: give a booking up."""

from fastapi import APIRouter

from booking.calendar.errors import SlotStarted
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.fields import Description, RequestBody
from booking.http.bodies.reservations import BookingBody
from booking.http.caller import AnyCaller
from booking.http.errors import documented
from booking.http.source import Now, PathId
from booking.reservations.change import cancel
from booking.reservations.errors import BookingHasExpired, BookingNotFound
from booking.reservations.rules import Booking

router = APIRouter()


class Cancellation(RequestBody):
    """Why; its client, its specialist and admins see it."""

    reason: Description | None = None


@router.patch(
    "/bookings/{id}/cancel",
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
async def cancel_booking(caller: AnyCaller, booking_id: PathId, now: Now, body: Cancellation | None = None) -> Booking:
    """Cancel. The first in the slot's wait-list gets it in the same moment."""
    return cancel(caller, booking_id, now, reason=body.reason if body else None)


handler = lambda_handler(router)
