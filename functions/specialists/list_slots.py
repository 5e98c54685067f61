"""GET /specialists/{id}/slots: a specialist's slots."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.calendar import SlotBody
from booking.api.days import StartDay, WhoseDays
from booking.api.errors import documented
from booking.api.pagination import PublicPageOf
from booking.api.source import Now, PathId
from booking.slots.read import list_slots
from booking.slots.rules import Slot
from booking.specialists.errors import SpecialistNotFound

router = APIRouter()


@router.get(
    "/specialists/{id}/slots",
    operation_id="listSlots",
    summary="List a specialist's slots",
    response_model=list[SlotBody],
    responses=documented(SpecialistNotFound),
    tags=["specialists"],
)
async def endpoint(
    specialist_id: PathId,
    pagination: PublicPageOf,
    now: Now,
    date: StartDay = None,
    tz: WhoseDays = "UTC",
) -> Sequence[Slot]:
    """Slots by start: of one day, or all that are still to come."""
    return pagination.page(lambda request: list_slots(specialist_id, date, ZoneInfo(tz), request, now))


handler = lambda_handler(router)
