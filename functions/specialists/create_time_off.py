"""POST /specialists/me/time-off: be away for a while."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import Description, Instant, RequestBody
from booking.api.bodies.slots import TimeOffBody
from booking.api.dependencies import Now
from booking.api.errors import refusals
from booking.slots.errors import TimeTaken
from booking.slots.time_off import TimeOff, create_time_off

router = APIRouter()


class NewTimeOff(RequestBody):
    """A stretch of at most 72 hours that may have begun already; the note is for its specialist only."""

    start_at: Instant
    end_at: Instant
    note: Annotated[Description, StringConstraints(max_length=200)] | None = None


@router.post(
    "/specialists/me/time-off",
    summary="Take time off",
    status_code=201,
    response_model=TimeOffBody,
    responses=refusals(TimeTaken),
)
async def endpoint(caller: SpecialistCaller, body: NewTimeOff, now: Now) -> TimeOff:
    """Take time off. From this answer on nothing is offered then."""
    return create_time_off(caller, body.start_at, body.end_at, now, note=body.note)


handler = lambda_handler(router)
