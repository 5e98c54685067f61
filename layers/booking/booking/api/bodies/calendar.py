"""Profiles, services and slots on the wire."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer

from booking.api.bodies.fields import ResponseBody
from booking.caller import Locale

_PriceText = Annotated[Decimal, PlainSerializer(lambda price: f"{price:.2f}", return_type=str)]


class ProfileBody(ResponseBody):
    """A specialist."""

    id: str
    user_id: str
    display_name: str | None
    description: str | None
    time_zone: str
    locale: Locale


class ServiceBody(ResponseBody):
    """A service; `price` is a decimal number as text, with two places."""

    id: str
    specialist_id: str
    title: str
    description: str | None
    duration_minutes: int
    price: _PriceText
    created_at: dt.datetime


class SlotBody(ResponseBody):
    """A slot."""

    id: str
    specialist_id: str
    start_at: dt.datetime
    end_at: dt.datetime
    is_booked: bool


class AvailabilityBody(ResponseBody):
    """A day in numbers."""

    date: dt.date
    total_slots: int
    free_slots: int
    booked_slots: int
