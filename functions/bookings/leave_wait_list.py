"""DELETE /bookings/wait-list/{entry_id}: wait no longer."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.caller import AnyCaller
from booking.api.errors import documented
from booking.api.source import Now
from booking.errors import StoreUnavailable, Unauthenticated
from booking.slots.errors import EntryNotFound
from booking.slots.wait_list import leave_wait_list

router = APIRouter()


@router.delete(
    "/bookings/wait-list/{entry_id}",
    operation_id="leaveWaitList",
    summary="Wait no longer",
    status_code=204,
    responses=documented(Unauthenticated, EntryNotFound, StoreUnavailable),
    tags=["wait-list"],
)
async def endpoint(caller: AnyCaller, entry_id: str, now: Now) -> None:
    """Leave the line."""
    leave_wait_list(caller, entry_id, now)


handler = lambda_handler(router)
