"""GET /specialists/me/slots: the caller's own slots."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.calendar import SlotBody
from booking.api.caller import SpecialistCaller
from booking.api.days import StartDay, WhoseDays
from booking.api.errors import documented
from booking.api.pagination import PageOf
from booking.api.source import Now
from booking.errors import Forbidden, Unauthenticated
from booking.slots.read import list_own_slots
from booking.slots.rules import Slot
from booking.specialists.errors import ProfileNotFound

router = APIRouter()


@router.get(
    "/specialists/me/slots",
    operation_id="listOwnSlots",
    summary="List your slots",
    response_model=list[SlotBody],
    responses=documented(Unauthenticated, Forbidden, ProfileNotFound),
    tags=["specialists"],
)
async def endpoint(
    caller: SpecialistCaller,
    pagination: PageOf,
    now: Now,
    date: StartDay = None,
    tz: WhoseDays = "UTC",
) -> Sequence[Slot]:
    """The caller's slots by start: of one day, or all that are still to come."""
    return pagination.page(lambda request: list_own_slots(caller, date, ZoneInfo(tz), request, now), of=caller.user_id)


handler = lambda_handler(router)
