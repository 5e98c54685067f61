"""Which slots a list shows, as its query says."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from booking.api.bodies.fields import Day
from booking.api.dependencies import Now, TimeZoneOfDays
from booking.slots.read import SlotFilter
from booking.slots.rules import bounds_of_list

ForService = Annotated[
    str | None, Query(description="Slots for this service: of its length, or longer ones opened by hand")
]


async def _slot_filter(  # noqa: PLR0913, PLR0917  # what a query can say
    now: Now,
    service_id: ForService = None,
    date: Annotated[Day | None, Query(description="The day of their start; else the next 31 days")] = None,
    date_from: Annotated[Day | None, Query(description="The first of at most 31 days")] = None,
    date_to: Annotated[Day | None, Query(description="The last day")] = None,
    tz: TimeZoneOfDays = "UTC",
    is_booked: Annotated[bool | None, Query(description="Only taken ones, or only free ones")] = None,
) -> SlotFilter:
    first, until = bounds_of_list(date, date_from, date_to, ZoneInfo(tz), now)
    return SlotFilter(first, until, service_id, is_booked)


WantedSlots = Annotated[SlotFilter, Depends(_slot_filter)]
