"""Opening hours on the wire."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from booking.api.bodies.fields import RequestBody, ResponseBody, TimeOfDay
from booking.api.bodies.specialists import OwnProfileBody
from booking.bookings.change_hours import Changed
from booking.specialists.opening_hours import MOST_INTERVALS_A_DAY, DayHours, Interval, Weekday


class NewInterval(RequestBody):
    """A stretch of a local day; `to` does not belong to it, and is 24:00 where it ends with the day."""

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.start >= self.end:
            raise PydanticCustomError("interval_reversed", "from must be before to")
        return self


def _apart(intervals: Sequence[NewInterval]) -> Sequence[NewInterval]:
    in_order = sorted(intervals, key=lambda interval: interval.start)
    if any(later.start < earlier.end for earlier, later in pairwise(in_order)):
        raise PydanticCustomError("intervals_overlap", "Intervals of a day must not overlap")
    return in_order


NewDayHours = Annotated[
    list[NewInterval],
    Field(max_length=MOST_INTERVALS_A_DAY, description="Intervals that do not overlap; none is a day off"),
    AfterValidator(_apart),
]


def day_hours(intervals: Sequence[NewInterval]) -> DayHours:
    """What a request says of a day."""
    return tuple(Interval(interval.start, interval.end) for interval in intervals)


def _time_of_day(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_ShownTime = Annotated[int, PlainSerializer(_time_of_day, return_type=Annotated[str, Field(examples=["09:00"])])]


class IntervalBody(ResponseBody):
    """A stretch of a local day; `to` does not belong to it, and is 24:00 where it ends with the day."""

    start: _ShownTime = Field(serialization_alias="from")
    end: _ShownTime = Field(serialization_alias="to")


class ScheduleBody(ResponseBody):
    """A week, and the rules of booking; a day that is missing is closed. `version` rises with each change."""

    hours: dict[Weekday, list[IntervalBody]]
    slot_minutes: int
    step_minutes: int
    min_notice_minutes: int
    horizon_days: int
    change_notice_minutes: int
    version: int


class DateHoursBody(ResponseBody):
    """A local day that has hours of its own."""

    date: dt.date
    hours: list[IntervalBody]


class ConflictBody(ResponseBody):
    """A confirmed booking from hours that the hours no longer cover; it stays as it is."""

    id: str
    slot_start_at: dt.datetime
    slot_end_at: dt.datetime


Conflicts = Annotated[
    list[ConflictBody],
    Field(description="Confirmed bookings from hours that the new hours no longer cover, by start, the first 100"),
]


class ChangedScheduleBody(ScheduleBody):
    """The schedule as it is now."""

    conflicts: Conflicts


class ChangedDateBody(DateHoursBody):
    """The day as it is now."""

    conflicts: Conflicts


class ChangedDatesBody(ResponseBody):
    """The days as they are now."""

    dates: list[DateHoursBody]
    conflicts: Conflicts


class ChangedProfileBody(OwnProfileBody):
    """The profile as it is now; `conflicts` is empty unless the time zone is among the changes."""

    conflicts: Conflicts


def beside_conflicts(changed: Changed[Any], body: type[ResponseBody]) -> Mapping[str, Any]:
    """What was changed, field by field, and the conflicts among its fields."""
    shown = {name: getattr(changed.value, name) for name in body.model_fields}
    return shown | {"conflicts": changed.conflicts}
