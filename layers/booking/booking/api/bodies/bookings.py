"""Bookings on the wire."""

from datetime import datetime

from booking.api.bodies.fields import ResponseBody
from booking.bookings.rules import Status


class BookingBody(ResponseBody):
    """A booking; `cancelled_at` is null while it is confirmed, and when it ended otherwise.

    `cancel_reason` is what who cancelled it said, if anything.
    """

    id: str
    slot_id: str
    client_id: str
    specialist_id: str
    service_id: str | None
    status: Status
    slot_start_at: datetime
    slot_end_at: datetime
    created_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None


class SpecialistBookingBody(BookingBody):
    """A booking as its specialist sees it."""

    client_email: str
