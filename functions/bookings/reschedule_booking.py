"""PATCH /bookings/{id}/reschedule: move a booking to another slot."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.fields import RequestBody
from booking.api.bodies.reservations import BookingBody
from booking.api.caller import AnyCaller
from booking.api.errors import documented
from booking.api.source import Now, PathId
from booking.bookings.errors import BookingNotFound, NotConfirmed, OtherSpecialist
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Booking
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
from booking.slots.errors import ServiceLongerThanSlot, SlotAlreadyBooked, SlotNotFound, SlotStarted

router = APIRouter()


class Move(RequestBody):
    """The slot to move to."""

    slot_id: str


@router.patch(
    "/bookings/{id}/reschedule",
    operation_id="rescheduleBooking",
    summary="Move a booking to another slot",
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
async def endpoint(caller: AnyCaller, booking_id: PathId, body: Move, now: Now) -> Booking:
    """Move to another free slot of the same specialist; the booking keeps its id."""
    return reschedule_booking(caller, booking_id, body.slot_id, now)


handler = lambda_handler(router)
