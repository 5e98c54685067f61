"""DELETE /specialists/me/time-off/{id}: be there after all."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.delete import delete_time_off
from booking.slots.errors import TimeOffNotFound

router = APIRouter()


@router.delete(
    "/specialists/me/time-off/{id}",
    operation_id="deleteTimeOff",
    summary="Delete time off",
    status_code=204,
    responses=refusals(TimeOffNotFound),
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, time_off_id: PathId, now: Now) -> None:
    """Be there after all. Who waits for some of the time gets it in the same moment."""
    delete_time_off(caller, time_off_id, now)


handler = lambda_handler(router)
