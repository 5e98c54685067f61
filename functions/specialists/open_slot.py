"""POST /specialists/me/slots: open a slot."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import Instant, RequestBody
from booking.api.bodies.slots import SlotBody
from booking.api.dependencies import Now
from booking.api.errors import refusals
from booking.slots.errors import DayIsFull, SlotOverlaps, TimeTaken
from booking.slots.opened import open_slot
from booking.slots.rules import Slot

router = APIRouter()


class NewSlot(RequestBody):
    """A stretch of time that begins in the future; `end_at` does not belong to it."""

    start_at: Instant
    end_at: Instant


@router.post(
    "/specialists/me/slots",
    operation_id="openSlot",
    summary="Open a slot",
    status_code=201,
    response_model=SlotBody,
    responses=refusals(SlotOverlaps, TimeTaken, DayIsFull),
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, body: NewSlot, now: Now) -> Slot:
    """Open a slot for booking."""
    return open_slot(caller, body.start_at, body.end_at, now)


handler = lambda_handler(router)
