"""GET /specialists/{id}/slots: a specialist's slots."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.slots import SlotBody
from booking.api.dependencies import Now, PathId, StartDay, TimeZoneOfDays
from booking.api.errors import refusals
from booking.api.pagination import PublicPages
from booking.slots.read import list_slots
from booking.slots.rules import Slot
from booking.specialists.errors import SpecialistNotFound

router = APIRouter()


@router.get(
    "/specialists/{id}/slots",
    operation_id="listSlots",
    summary="List a specialist's slots",
    response_model=list[SlotBody],
    responses=refusals(SpecialistNotFound),
    tags=["specialists"],
)
async def endpoint(
    specialist_id: PathId,
    pages: PublicPages,
    now: Now,
    date: StartDay = None,
    tz: TimeZoneOfDays = "UTC",
) -> Sequence[Slot]:
    """Slots by start: of one day, or all that are still to come."""
    return pages.items(list_slots(specialist_id, date, ZoneInfo(tz), pages.wanted, now))


handler = lambda_handler(router)
