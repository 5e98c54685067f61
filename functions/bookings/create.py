"""POST /bookings: book a slot."""

from typing import Annotated

from fastapi import APIRouter, Header

from booking.calendar.errors import ServiceLongerThanSlot, ServiceNotFound, SlotNotFound, SlotStarted
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.fields import RequestBody
from booking.http.bodies.reservations import BookingBody
from booking.http.caller import ClientCaller
from booking.http.errors import documented
from booking.http.source import Now
from booking.reservations.book import book
from booking.reservations.errors import (
    KeyUsedForOtherRequest,
    SlotAlreadyBooked,
)
from booking.reservations.rules import Booking

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
    """The slot to book, and for which of the specialist's services."""

    slot_id: str
    service_id: str | None = None


@router.post(
    "/bookings",
    status_code=201,
    response_model=BookingBody,
    responses=documented(
        Unauthenticated,
        Forbidden,
        SlotNotFound,
        ServiceNotFound,
        SlotAlreadyBooked,
        SlotStarted,
        ServiceLongerThanSlot,
        KeyUsedForOtherRequest,
        StoreUnavailable,
    ),
    tags=["bookings"],
)
async def book_slot(
    caller: ClientCaller, body: NewBooking, now: Now, idempotency_key: IdempotencyKey = None
) -> Booking:
    """Book a slot. Of any number of parallel requests for a slot, one gets it."""
    return book(
        caller,
        body.slot_id,
        service_id=body.service_id,
        idempotency_key=idempotency_key,
        now=now,
    )


handler = lambda_handler(router)
