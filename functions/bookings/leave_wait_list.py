"""DELETE /bookings/wait-list/{entry_id}: wait no longer."""

from fastapi import APIRouter

from booking.errors import StoreUnavailable, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.caller import AnyCaller
from booking.http.errors import documented
from booking.http.source import Now
from booking.waitlist.errors import EntryNotFound
from booking.waitlist.line import leave

router = APIRouter()


@router.delete(
    "/bookings/wait-list/{entry_id}",
    status_code=204,
    responses=documented(Unauthenticated, EntryNotFound, StoreUnavailable),
    tags=["wait-list"],
)
async def leave_wait_list(caller: AnyCaller, entry_id: str, now: Now) -> None:
    """Leave the line."""
    leave(caller, entry_id, now)


handler = lambda_handler(router)
