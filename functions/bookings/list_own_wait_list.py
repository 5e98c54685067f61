"""GET /bookings/wait-list/me: what the caller waits for."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.slots import WaitListEntryBody
from booking.api.dependencies import Now
from booking.api.pagination import Pages
from booking.slots.rules import WaitListEntry
from booking.slots.wait_list import list_own_wait_list

router = APIRouter()


@router.get(
    "/bookings/wait-list/me",
    summary="List what you wait for",
    response_model=list[WaitListEntryBody],
    tags=["wait-list"],
)
async def endpoint(caller: AnyCaller, pages: Pages, now: Now) -> Sequence[WaitListEntry]:
    """The wait-lists that the caller is on, in the order of joining."""
    return pages.items(list_own_wait_list(caller, pages.wanted, now))


handler = lambda_handler(router)
