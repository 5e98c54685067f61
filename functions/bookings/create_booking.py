"""POST /bookings: book a slot."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.bookings import BookingBody
from booking.api.bodies.email import NewEmail
from booking.api.bodies.fields import Description, PersonName, Phone, RequestBody
from booking.api.dependencies import IdempotencyKey, Now
from booking.api.errors import refusals
from booking.bookings.create import Contact, Wish, create_booking, create_booking_for
from booking.bookings.errors import KeyUsedForOtherRequest, TooManyOpenHolds
from booking.bookings.open_holds import LONGEST_HOLD
from booking.bookings.rules import Booking
from booking.errors import Forbidden
from booking.slots.errors import ServiceLongerThanSlot, SlotAlreadyBooked, SlotNotFound, SlotStarted, SlotTooSoon
from booking.specialists.errors import ServiceNotFound, ServiceNotOffered

router = APIRouter()


class NewClient(RequestBody):
    """Somebody without an account. Where an address is given, mail goes there, with a link that opens the booking."""

    name: PersonName
    email: NewEmail | None = None
    phone: Phone | None = None


class NewBooking(RequestBody):
    """The slot to book, for which of the specialist's services, and what the specialist should know.

    With `hold_seconds` the booking is held so long, and has to be confirmed by then. With `client` the slot's
    specialist, or an admin, books for somebody else; such a booking is not held.
    """

    slot_id: str
    service_id: str | None = None
    note: Description | None = None
    hold_seconds: Annotated[int, Field(ge=60, le=int(LONGEST_HOLD.total_seconds()), strict=True)] | None = None
    client: NewClient | None = None

    @model_validator(mode="after")
    def _is_not_held_for_somebody(self) -> Self:
        if self.client and self.hold_seconds:
            raise PydanticCustomError("hold_for_client", "hold_seconds and client cannot be used together")
        return self


@router.post(
    "/bookings",
    operation_id="createBooking",
    summary="Book a slot",
    status_code=201,
    response_model=BookingBody,
    responses=refusals(
        Forbidden,
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
async def endpoint(caller: AnyCaller, body: NewBooking, now: Now, idempotency_key: IdempotencyKey = None) -> Booking:
    """Book a slot, as a client or an admin; or, as its specialist or an admin, for somebody without an account.

    Of any number of parallel requests for a slot, one gets it.
    """
    wish = Wish(body.slot_id, body.service_id, body.note, idempotency_key)
    if body.client:
        contact = Contact(body.client.name, body.client.email, body.client.phone, caller.locale)
        return create_booking_for(caller, contact, wish, now)
    return create_booking(caller, wish, now, hold_seconds=body.hold_seconds)


handler = lambda_handler(router)
