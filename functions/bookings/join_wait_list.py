"""POST /bookings/wait-list: wait for a booked slot."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import ClientCaller
from booking.api.bodies.fields import RequestBody
from booking.api.bodies.slots import WaitListEntryBody
from booking.api.dependencies import Now
from booking.api.errors import refusals
from booking.bookings.join_wait_list import join_wait_list
from booking.slots.errors import (
    AlreadyWaiting,
    HoldsSlot,
    ServiceLongerThanSlot,
    SlotIsAvailable,
    SlotNotFound,
    SlotStarted,
    SlotTooSoon,
)
from booking.slots.rules import WaitListEntry
from booking.specialists.errors import ServiceNotFound, ServiceNotOffered

router = APIRouter()


class NewWaitListEntry(RequestBody):
    """The slot to wait for, and for which of the specialist's services."""

    slot_id: str
    service_id: str | None = None


@router.post(
    "/bookings/wait-list",
    summary="Wait for a booked slot",
    status_code=201,
    response_model=WaitListEntryBody,
    responses=refusals(
        SlotNotFound,
        ServiceNotFound,
        SlotStarted,
        SlotTooSoon,
        SlotIsAvailable,
        AlreadyWaiting,
        HoldsSlot,
        ServiceNotOffered,
        ServiceLongerThanSlot,
    ),
    tags=["wait-list"],
)
async def endpoint(caller: ClientCaller, body: NewWaitListEntry, now: Now) -> WaitListEntry:
    """Wait for a booked slot. Whoever waits longest gets it when it becomes free."""
    return join_wait_list(caller, body.slot_id, now, service_id=body.service_id)


handler = lambda_handler(router)
