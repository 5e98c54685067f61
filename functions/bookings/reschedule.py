"""PATCH /bookings/{id}/reschedule: move a booking to another slot."""

from fastapi import APIRouter

from booking.calendar.errors import ServiceLongerThanSlot, SlotNotFound, SlotStarted
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.fields import RequestBody
from booking.http.bodies.reservations import BookingBody
from booking.http.caller import AnyCaller
from booking.http.errors import documented
from booking.http.source import Now, PathId
from booking.reservations.change import reschedule
from booking.reservations.errors import (
    BookingNotFound,
    NotConfirmed,
    OtherSpecialist,
    SlotAlreadyBooked,
)
from booking.reservations.rules import Booking

router = APIRouter()


class Move(RequestBody):
    """The slot to move to."""

    slot_id: str


@router.patch(
    "/bookings/{id}/reschedule",
    response_model=BookingBody,
    responses=documented(
        Unauthenticated,
        Forbidden,
        BookingNotFound,
        SlotNotFound,
        NotConfirmed,
        SlotStarted,
        OtherSpecialist,
        SlotAlreadyBooked,
        ServiceLongerThanSlot,
        StoreUnavailable,
    ),
    tags=["bookings"],
)
async def move_booking(caller: AnyCaller, booking_id: PathId, body: Move, now: Now) -> Booking:
    """Move to another free slot of the same specialist; the booking keeps its id."""
    return reschedule(caller, booking_id, body.slot_id, now)


handler = lambda_handler(router)
