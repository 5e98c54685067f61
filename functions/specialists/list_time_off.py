"""GET /specialists/me/time-off: when the caller is away."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.slots import TimeOffBody
from booking.api.dependencies import Now
from booking.api.pagination import Pages
from booking.slots.time_off import TimeOff, list_time_off

router = APIRouter()


@router.get("/specialists/me/time-off", summary="List your time off", response_model=list[TimeOffBody])
async def endpoint(caller: SpecialistCaller, pages: Pages, now: Now) -> Sequence[TimeOff]:
    """The caller's time off that is not over, by start."""
    return pages.items(list_time_off(caller, pages.wanted, now))


handler = lambda_handler(router)
