"""How lists of slots are asked for days."""

from typing import Annotated

from fastapi import Query

from booking.http.bodies.fields import Day
from booking.http.bodies.time_zone import TimeZoneName

StartDay = Annotated[Day | None, Query(description="The day of their start; else from now on")]
WhoseDays = Annotated[TimeZoneName, Query(description="Whose days")]
