"""GET /specialists/{id}/schedule: a specialist's week."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.hours import ScheduleBody
from booking.api.dependencies import PathId
from booking.api.errors import refusals
from booking.specialists.errors import SpecialistNotFound
from booking.specialists.hours import get_schedule
from booking.specialists.opening_hours import Schedule

router = APIRouter()


@router.get(
    "/specialists/{id}/schedule",
    summary="Get a specialist's week",
    response_model=ScheduleBody,
    responses=refusals(SpecialistNotFound),
)
async def endpoint(specialist_id: PathId) -> Schedule:
    """The specialist's week, in its time zone, and the rules of booking."""
    return get_schedule(specialist_id)


handler = lambda_handler(router)
