"""PATCH /bookings/{id}/reschedule: move a booking to another slot."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import CallerOrGuest
from booking.api.bodies.bookings import BookingBody
from booking.api.bodies.fields import RequestBody
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.errors import BookingNotFound, NoLongerChangeable, NotConfirmed, OtherSpecialist
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Booking
from booking.errors import Forbidden
from booking.slots.errors import ServiceLongerThanSlot, SlotAlreadyBooked, SlotNotFound, SlotStarted, SlotTooSoon

router = APIRouter()


class Rescheduling(RequestBody):
    """The slot to move to."""

    slot_id: str


@router.patch(
    "/bookings/{id}/reschedule",
    summary="Move a booking to another slot",
    response_model=BookingBody,
    responses=refusals(
        Forbidden,
        BookingNotFound,
        SlotNotFound,
        NotConfirmed,
        SlotStarted,
        SlotTooSoon,
        NoLongerChangeable,
        OtherSpecialist,
        SlotAlreadyBooked,
        ServiceLongerThanSlot,
    ),
)
async def endpoint(caller: CallerOrGuest, booking_id: PathId, body: Rescheduling, now: Now) -> Booking:
    """Move to another free slot of the same specialist; the booking keeps its id."""
    return reschedule_booking(caller, booking_id, body.slot_id, now)


handler = lambda_handler(router)
