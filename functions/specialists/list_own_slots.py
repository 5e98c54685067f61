"""GET /specialists/me/slots: the caller's own slots."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.slots import SlotBody
from booking.api.dependencies import Now, StartDay, TimeZoneOfDays
from booking.api.errors import refusals
from booking.api.pagination import Pages
from booking.slots.read import list_own_slots
from booking.slots.rules import Slot
from booking.specialists.errors import ProfileNotFound

router = APIRouter()


@router.get(
    "/specialists/me/slots",
    operation_id="listOwnSlots",
    summary="List your slots",
    response_model=list[SlotBody],
    responses=refusals(ProfileNotFound),
    tags=["specialists"],
)
async def endpoint(
    caller: SpecialistCaller,
    pages: Pages,
    now: Now,
    date: StartDay = None,
    tz: TimeZoneOfDays = "UTC",
) -> Sequence[Slot]:
    """The caller's slots by start: of one day, or all that are still to come."""
    return pages.items(list_own_slots(caller, date, ZoneInfo(tz), pages.wanted, now))


handler = lambda_handler(router)
