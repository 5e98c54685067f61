"""Slots and their wait-lists on the wire."""

import datetime as dt

from booking.api.bodies.fields import ResponseBody


class SlotBody(ResponseBody):
    """A slot."""

    id: str
    specialist_id: str
    start_at: dt.datetime
    end_at: dt.datetime
    is_booked: bool


class TimeOffBody(ResponseBody):
    """Time in which a specialist is away."""

    id: str
    start_at: dt.datetime
    end_at: dt.datetime
    note: str | None


class AvailabilityBody(ResponseBody):
    """A day in numbers."""

    date: dt.date
    total_slots: int
    free_slots: int
    booked_slots: int


class WaitListEntryBody(ResponseBody):
    """A client who waits for a slot; `service_id` is null if it is for none in particular."""

    id: str
    slot_id: str
    client_id: str
    service_id: str | None
    created_at: dt.datetime
