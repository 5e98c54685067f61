"""PUT /specialists/me/schedule/dates: other hours, or none, on each day of a range."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import Day, RequestBody
from booking.api.bodies.hours import ChangedDatesBody, NewDayHours, day_hours
from booking.api.dependencies import Now
from booking.bookings.change_hours import set_dates

router = APIRouter()


class HoursOfDates(RequestBody):
    """The hours of each day from `date_from` to `date_to`, at most 62."""

    date_from: Day
    date_to: Day
    hours: NewDayHours


@router.put(
    "/specialists/me/schedule/dates",
    operation_id="setDates",
    summary="Give several days hours of their own",
    response_model=ChangedDatesBody,
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, body: HoursOfDates, now: Now) -> Mapping[str, Any]:
    """Say when you are open on each day of a range, all at once; without hours it is a holiday.

    Bookings stay as they are; those on these days that the hours do not cover are named.
    """
    changed = set_dates(caller, body.date_from, body.date_to, day_hours(body.hours), now)
    return {"dates": changed.value, "conflicts": changed.conflicts}


handler = lambda_handler(router)
