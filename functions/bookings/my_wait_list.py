"""GET /bookings/wait-list/me: what the caller waits for."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.errors import Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.reservations import WaitListEntryBody
from booking.http.caller import AnyCaller
from booking.http.errors import documented
from booking.http.pagination import PageOf
from booking.http.source import Now
from booking.waitlist.line import own_entries
from booking.waitlist.table import WaitListEntry

router = APIRouter()


@router.get(
    "/bookings/wait-list/me",
    response_model=list[WaitListEntryBody],
    responses=documented(Unauthenticated),
    tags=["wait-list"],
)
async def list_own_entries(caller: AnyCaller, pagination: PageOf, now: Now) -> Sequence[WaitListEntry]:
    """The lines that the caller stands in, in the order of joining."""
    return pagination.page(lambda request: own_entries(caller, request, now), of=caller.user_id)


handler = lambda_handler(router)
