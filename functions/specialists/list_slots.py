"""GET /specialists/{id}/slots: a specialist's slots."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from booking.calendar.errors import SpecialistNotFound
from booking.calendar.rules import Slot
from booking.calendar.slots import list_slots
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import SlotBody
from booking.http.days import StartDay, WhoseDays
from booking.http.errors import documented
from booking.http.pagination import PublicPageOf
from booking.http.source import Now, PathId

router = APIRouter()


@router.get(
    "/specialists/{id}/slots",
    response_model=list[SlotBody],
    responses=documented(SpecialistNotFound),
    tags=["specialists"],
)
async def show_slots(
    specialist_id: PathId,
    pagination: PublicPageOf,
    now: Now,
    date: StartDay = None,
    tz: WhoseDays = "UTC",
) -> Sequence[Slot]:
    """Slots by start: of one day, or all that are still to come."""
    return pagination.page(lambda request: list_slots(specialist_id, date, ZoneInfo(tz), request, now))


handler = lambda_handler(router)
