"""DELETE /bookings/wait-list/{entry_id}: wait no longer."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.dependencies import Now
from booking.api.errors import refusals
from booking.slots.errors import EntryNotFound
from booking.slots.wait_list import leave_wait_list

router = APIRouter()


@router.delete(
    "/bookings/wait-list/{entry_id}",
    summary="Wait no longer",
    status_code=204,
    responses=refusals(EntryNotFound),
    tags=["wait-list"],
)
async def endpoint(caller: AnyCaller, entry_id: str, now: Now) -> None:
    """Leave the wait-list."""
    leave_wait_list(caller, entry_id, now)


handler = lambda_handler(router)
