"""POST /bookings/guest: book a slot without an account."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.bookings import BookingBody
from booking.api.bodies.email import NewEmail
from booking.api.bodies.fields import Description, PersonName, Phone, RequestBody
from booking.api.dependencies import IdempotencyKey, Now, SourceAddress
from booking.api.errors import refusals
from booking.bookings.create import Contact, Wish, create_guest_booking
from booking.bookings.errors import GuestsCannotBook, KeyUsedForOtherRequest, TooManyOpenHolds
from booking.bookings.rules import Booking
from booking.caller import Locale
from booking.slots.errors import ServiceLongerThanSlot, SlotAlreadyBooked, SlotNotFound, SlotStarted, SlotTooSoon
from booking.specialists.errors import ServiceNotFound, ServiceNotOffered

router = APIRouter()


class NewGuestBooking(RequestBody):
    """The slot to book, for which of the specialist's services, who books it, and in which language mail is written."""

    slot_id: str
    service_id: str | None = None
    name: PersonName
    email: NewEmail
    phone: Phone | None = None
    note: Description | None = None
    locale: Locale = Locale.EN


@router.post(
    "/bookings/guest",
    operation_id="createGuestBooking",
    summary="Book a slot without an account",
    status_code=201,
    response_model=BookingBody,
    responses=refusals(
        GuestsCannotBook,
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
async def endpoint(
    body: NewGuestBooking, source_address: SourceAddress, now: Now, idempotency_key: IdempotencyKey = None
) -> Booking:
    """Hold a slot for 30 minutes: a mail to the address asks to confirm it, with a link that opens the booking.

    The answer is the same whether or not an account has the address.
    """
    return create_guest_booking(
        Contact(body.name, body.email, body.phone, body.locale),
        Wish(body.slot_id, body.service_id, body.note, idempotency_key),
        source_address=source_address,
        now=now,
    )


handler = lambda_handler(router)
