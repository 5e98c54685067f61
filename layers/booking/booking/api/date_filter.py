"""The filter of both lists of days that have hours of their own."""

from typing import Annotated

from fastapi import Depends, Query

from booking.api.bodies.fields import Day
from booking.specialists.rules import DateFilter


async def _date_filter(
    date_from: Annotated[Day | None, Query(description="First day, of the specialist's zone")] = None,
    date_to: Annotated[Day | None, Query(description="Last day, of the specialist's zone")] = None,
) -> DateFilter:
    return DateFilter(date_from, date_to)


DatesWanted = Annotated[DateFilter, Depends(_date_filter)]
