"""The filters of both lists of bookings."""

from typing import Annotated

from fastapi import Depends, Query

from booking.api.bodies.fields import Day
from booking.bookings.read import BookingFilter
from booking.bookings.rules import Status


async def _booking_filter(
    status: Annotated[Status | None, Query(description="A page may then end early: follow its `Link`")] = None,
    date_from: Annotated[Day | None, Query(description="First UTC day of the slot's start")] = None,
    date_to: Annotated[Day | None, Query(description="Last UTC day of the slot's start")] = None,
) -> BookingFilter:
    return BookingFilter(status, date_from, date_to)


Filter = Annotated[BookingFilter, Depends(_booking_filter)]
