"""POST /bookings: book a slot."""

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import Field

from booking.api.application import lambda_handler
from booking.api.authentication import ClientCaller
from booking.api.bodies.bookings import BookingBody
from booking.api.bodies.fields import Description, RequestBody
from booking.api.dependencies import Now
from booking.api.errors import refusals
from booking.bookings.create import create_booking
from booking.bookings.errors import KeyUsedForOtherRequest, TooManyOpenHolds
from booking.bookings.open_holds import LONGEST_HOLD
from booking.bookings.rules import Booking
from booking.slots.errors import ServiceLongerThanSlot, SlotAlreadyBooked, SlotNotFound, SlotStarted, SlotTooSoon
from booking.specialists.errors import ServiceNotFound, ServiceNotOffered

router = APIRouter()

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,128}$",
        description="A repeat with the same key and body gets the first answer, for 24 hours.",
    ),
]


class NewBooking(RequestBody):
    """The slot to book, for which of the specialist's services, and what the specialist should know.

    With `hold_seconds` the booking is held so long, and has to be confirmed by then.
    """

    slot_id: str
    service_id: str | None = None
    note: Description | None = None
    hold_seconds: Annotated[int, Field(ge=60, le=int(LONGEST_HOLD.total_seconds()), strict=True)] | None = None


@router.post(
    "/bookings",
    operation_id="createBooking",
    summary="Book a slot",
    status_code=201,
    response_model=BookingBody,
    responses=refusals(
        SlotNotFound,
        ServiceNotFound,
        SlotAlreadyBooked,
        SlotStarted,
        SlotTooSoon,
        ServiceNotOffered,
        ServiceLongerThanSlot,
        TooManyOpenHolds,
        KeyUsedForOtherRequest,
    ),
    tags=["bookings"],
)
async def endpoint(caller: ClientCaller, body: NewBooking, now: Now, idempotency_key: IdempotencyKey = None) -> Booking:
    """Book a slot. Of any number of parallel requests for a slot, one gets it."""
    return create_booking(
        caller,
        body.slot_id,
        service_id=body.service_id,
        note=body.note,
        hold_seconds=body.hold_seconds,
        idempotency_key=idempotency_key,
        now=now,
    )


handler = lambda_handler(router)
