"""GET /specialists/me/schedule: the caller's own week."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.hours import ScheduleBody
from booking.api.errors import refusals
from booking.specialists.errors import ProfileNotFound
from booking.specialists.hours import get_own_schedule
from booking.specialists.opening_hours import Schedule

router = APIRouter()


@router.get(
    "/specialists/me/schedule",
    summary="Get your week",
    response_model=ScheduleBody,
    responses=refusals(ProfileNotFound),
)
async def endpoint(caller: AnyCaller) -> Schedule:
    """The caller's week, and the rules of booking."""
    return get_own_schedule(caller)


handler = lambda_handler(router)
