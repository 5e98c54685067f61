"""Profiles and services on the wire."""

from datetime import datetime

from booking.api.bodies.fields import PriceText, ResponseBody
from booking.caller import Locale
from booking.specialists.rules import BookingMail


class ProfileBody(ResponseBody):
    """A specialist."""

    id: str
    user_id: str
    display_name: str | None
    description: str | None
    time_zone: str
    locale: Locale


class OwnProfileBody(ProfileBody):
    """A specialist, and what only they are shown: which mail they want about bookings."""

    booking_mail: BookingMail


class ServiceBody(ResponseBody):
    """A service; `price` is a decimal number as text, with two places, `currency` is by ISO 4217.

    So many minutes before and after an appointment are kept free, too. A service that is not active is offered no more.
    """

    id: str
    specialist_id: str
    title: str
    description: str | None
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    price: PriceText
    currency: str
    is_active: bool
    created_at: datetime
