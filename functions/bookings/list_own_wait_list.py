"""GET /bookings/wait-list/me: what the caller waits for."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.reservations import WaitListEntryBody
from booking.api.caller import AnyCaller
from booking.api.errors import documented
from booking.api.pagination import PageOf
from booking.api.source import Now
from booking.errors import Unauthenticated
from booking.slots.rules import WaitListEntry
from booking.slots.wait_list import list_own_wait_list

router = APIRouter()


@router.get(
    "/bookings/wait-list/me",
    operation_id="listOwnWaitList",
    summary="List what you wait for",
    response_model=list[WaitListEntryBody],
    responses=documented(Unauthenticated),
    tags=["wait-list"],
)
async def endpoint(caller: AnyCaller, pagination: PageOf, now: Now) -> Sequence[WaitListEntry]:
    """The lines that the caller stands in, in the order of joining."""
    return pagination.page(lambda request: list_own_wait_list(caller, request, now), of=caller.user_id)


handler = lambda_handler(router)
