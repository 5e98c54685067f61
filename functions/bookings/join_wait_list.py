"""POST /bookings/wait-list: wait for a booked slot."""

from fastapi import APIRouter

from booking.calendar.errors import ServiceLongerThanSlot, ServiceNotFound, SlotNotFound, SlotStarted
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.fields import RequestBody
from booking.http.bodies.reservations import WaitListEntryBody
from booking.http.caller import ClientCaller
from booking.http.errors import documented
from booking.http.source import Now
from booking.waitlist.errors import AlreadyWaiting, HoldsSlot, SlotIsAvailable
from booking.waitlist.line import join
from booking.waitlist.table import WaitListEntry

router = APIRouter()


class Wait(RequestBody):
    """The slot to wait for, and for which of the specialist's services."""

    slot_id: str
    service_id: str | None = None


@router.post(
    "/bookings/wait-list",
    status_code=201,
    response_model=WaitListEntryBody,
    responses=documented(
        Unauthenticated,
        Forbidden,
        SlotNotFound,
        ServiceNotFound,
        SlotStarted,
        SlotIsAvailable,
        AlreadyWaiting,
        HoldsSlot,
        ServiceLongerThanSlot,
        StoreUnavailable,
    ),
    tags=["wait-list"],
)
async def join_wait_list(caller: ClientCaller, body: Wait, now: Now) -> WaitListEntry:
    """Wait for a booked slot. Whoever is first in line gets it when it becomes free."""
    return join(caller, body.slot_id, now, service_id=body.service_id)


handler = lambda_handler(router)
