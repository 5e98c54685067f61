"""POST /specialists/me/slots: open a slot."""

from fastapi import APIRouter

from booking.calendar.errors import DayIsFull, SlotOverlaps
from booking.calendar.rules import Slot
from booking.calendar.slots import open_slot
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import SlotBody
from booking.http.bodies.fields import Instant, RequestBody
from booking.http.caller import SpecialistCaller
from booking.http.errors import documented
from booking.http.source import Now

router = APIRouter()


class NewSlot(RequestBody):
    """A stretch of time that begins in the future; `end_at` does not belong to it."""

    start_at: Instant
    end_at: Instant


@router.post(
    "/specialists/me/slots",
    status_code=201,
    response_model=SlotBody,
    responses=documented(Unauthenticated, Forbidden, SlotOverlaps, DayIsFull, StoreUnavailable),
    tags=["specialists"],
)
async def add_slot(caller: SpecialistCaller, body: NewSlot, now: Now) -> Slot:
    """Open a slot for booking."""
    return open_slot(caller, body.start_at, body.end_at, now)


handler = lambda_handler(router)
