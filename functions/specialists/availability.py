"""GET /specialists/{id}/availability: how much is free on which day."""

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from booking.calendar.errors import SpecialistNotFound
from booking.calendar.rules import Availability
from booking.calendar.slots import availability
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import AvailabilityBody
from booking.http.bodies.fields import Day
from booking.http.days import WhoseDays
from booking.http.errors import documented
from booking.http.source import Now, PathId

router = APIRouter()


@router.get(
    "/specialists/{id}/availability",
    response_model=list[AvailabilityBody],
    responses=documented(SpecialistNotFound),
    tags=["specialists"],
)
async def show_availability(
    specialist_id: PathId,
    now: Now,
    date_from: Annotated[Day | None, Query(description="Today, unless given")] = None,
    days: Annotated[int, Query(ge=1, le=31)] = 7,
    tz: WhoseDays = "UTC",
) -> Sequence[Availability]:
    """Slots in all, free and booked, one entry per day."""
    zone = ZoneInfo(tz)
    return availability(specialist_id, date_from or now.astimezone(zone).date(), days, zone)


handler = lambda_handler(router)
