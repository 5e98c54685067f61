"""PUT /specialists/me/schedule: describe the week."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import RequestBody
from booking.api.bodies.hours import ChangedScheduleBody, NewDayHours, ScheduleBody, beside_conflicts, day_hours
from booking.api.dependencies import Now
from booking.bookings.change_hours import set_schedule
from booking.specialists.opening_hours import Schedule, Weekday

router = APIRouter()

Notice = Annotated[int, Field(ge=0, le=43_200, strict=True)]


class NewSchedule(RequestBody):
    """A week, and the rules of booking; a day that is missing is closed."""

    hours: dict[Weekday, NewDayHours]
    slot_minutes: Annotated[int, Field(ge=5, le=480, strict=True)] = 60
    step_minutes: Literal[5, 10, 15, 20, 30, 60] = 15
    min_notice_minutes: Notice = 0
    horizon_days: Annotated[int, Field(ge=1, le=400, strict=True)] = 60
    change_notice_minutes: Notice = 0


@router.put(
    "/specialists/me/schedule",
    operation_id="setSchedule",
    summary="Describe your week",
    response_model=ChangedScheduleBody,
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, body: NewSchedule, now: Now) -> Mapping[str, Any]:
    """Say when you are open, in your time zone, and how you can be booked; it replaces what was said before.

    Bookings stay as they are; those that the new hours do not cover are named.
    """
    wanted = Schedule(
        hours={day: day_hours(body.hours[day]) for day in Weekday if day in body.hours},
        **body.model_dump(exclude={"hours"}),
    )
    return beside_conflicts(set_schedule(caller, wanted, now), ScheduleBody)


handler = lambda_handler(router)
