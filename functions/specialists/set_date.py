"""PUT /specialists/me/schedule/dates/{date}: other hours, or none, on one day."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import RequestBody
from booking.api.bodies.hours import ChangedDateBody, DateHoursBody, NewDayHours, beside_conflicts, day_hours
from booking.api.dependencies import Now, PathDay
from booking.bookings.change_hours import set_date

router = APIRouter()


class HoursOfDate(RequestBody):
    """The hours of one day."""

    hours: NewDayHours


@router.put(
    "/specialists/me/schedule/dates/{date}",
    operation_id="setDate",
    summary="Give a day hours of its own",
    response_model=ChangedDateBody,
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, day: PathDay, body: HoursOfDate, now: Now) -> Mapping[str, Any]:
    """Say when you are open on a day of your time zone, whatever its weekday; without hours it is a day off.

    Bookings stay as they are; those on that day that its hours do not cover are named.
    """
    return beside_conflicts(set_date(caller, day, day_hours(body.hours), now), DateHoursBody)


handler = lambda_handler(router)
