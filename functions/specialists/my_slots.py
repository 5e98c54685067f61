"""GET /specialists/me/slots: the caller's own slots."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from booking.calendar.errors import ProfileNotFound
from booking.calendar.rules import Slot
from booking.calendar.slots import own_slots
from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import SlotBody
from booking.http.caller import SpecialistCaller
from booking.http.days import StartDay, WhoseDays
from booking.http.errors import documented
from booking.http.pagination import PageOf
from booking.http.source import Now

router = APIRouter()


@router.get(
    "/specialists/me/slots",
    response_model=list[SlotBody],
    responses=documented(Unauthenticated, Forbidden, ProfileNotFound),
    tags=["specialists"],
)
async def show_own_slots(
    caller: SpecialistCaller,
    pagination: PageOf,
    now: Now,
    date: StartDay = None,
    tz: WhoseDays = "UTC",
) -> Sequence[Slot]:
    """The caller's slots by start: of one day, or all that are still to come."""
    return pagination.page(lambda request: own_slots(caller, date, ZoneInfo(tz), request, now), of=caller.user_id)


handler = lambda_handler(router)
