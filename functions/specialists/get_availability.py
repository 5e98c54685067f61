"""GET /specialists/{id}/availability: how much is free on which day."""

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from booking.api.application import lambda_handler
from booking.api.bodies.fields import Day
from booking.api.bodies.slots import AvailabilityBody
from booking.api.dependencies import Now, PathId, TimeZoneOfDays
from booking.api.errors import refusals
from booking.api.slot_filter import ForService
from booking.slots.read import get_availability
from booking.slots.rules import Availability
from booking.specialists.errors import ServiceNotFound, SpecialistNotFound

router = APIRouter()


@router.get(
    "/specialists/{id}/availability",
    summary="Count a specialist's slots by day",
    response_model=list[AvailabilityBody],
    responses=refusals(SpecialistNotFound, ServiceNotFound),
)
async def endpoint(
    specialist_id: PathId,
    now: Now,
    date_from: Annotated[Day | None, Query(description="Today, unless given")] = None,
    days: Annotated[int, Query(ge=1, le=31)] = 7,
    tz: TimeZoneOfDays = "UTC",
    service_id: ForService = None,
) -> Sequence[Availability]:
    """Slots in all, free and booked, one entry per day."""
    zone = ZoneInfo(tz)
    first_day = date_from or now.astimezone(zone).date()
    return get_availability(specialist_id, first_day, days, zone, now, service_id=service_id)


handler = lambda_handler(router)
