"""Bookings on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from booking.api.bodies.fields import PriceText, ResponseBody
from booking.bookings.rules import Attendance, Status


class BookedServiceBody(ResponseBody):
    """A service as it was booked; `price` is a decimal number as text, `currency` by ISO 4217."""

    title: str | None
    price: PriceText | None
    currency: str | None
    duration_minutes: Annotated[int | None, Field(validation_alias="minutes")]


class BookingClientBody(ResponseBody):
    """Whose booking it is, and how to reach them, as it was when it was booked; of who was erased only the id.

    A guest has an id of its own, also once an account with its address has taken the booking over: then that account
    itself and admins are shown the account's.
    """

    id: str
    name: str | None
    email: str | None
    phone: str | None


class BookingBody(ResponseBody):
    """A booking; `cancelled_at` is null while it is held or confirmed, and when it ended otherwise.

    A held one can be confirmed until `hold_expires_at`, which is null once it is; `payment_ref` is what was said then.

    Its client may move or cancel it until `changeable_until`. `note` is what the client wrote to the specialist,
    `cancel_reason` what who cancelled it said, if anything; `attendance` whether the client has come, as the specialist
    says once the slot has started.
    """

    id: str
    slot_id: str
    client_id: Annotated[str, Field(validation_alias="shown_client_id")]
    client: Annotated[BookingClientBody, Field(validation_alias="shown_client")]
    specialist_id: str
    service_id: str | None
    service: BookedServiceBody | None
    status: Status
    slot_start_at: datetime
    slot_end_at: datetime
    created_at: datetime
    changeable_until: datetime
    note: str | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    attendance: Attendance | None
    hold_expires_at: datetime | None
    payment_ref: str | None


class ClientBookingBody(BookingBody):
    """A booking with its specialist's present name."""

    specialist_name: str | None


class SpecialistBookingBody(BookingBody):
    """A booking as its specialist sees it."""

    client_email: str | None
