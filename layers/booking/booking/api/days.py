"""How lists of slots are asked for days."""

from typing import Annotated

from fastapi import Query

from booking.api.bodies.fields import Day
from booking.api.bodies.time_zone import TimeZoneName

StartDay = Annotated[Day | None, Query(description="The day of their start; else from now on")]
WhoseDays = Annotated[TimeZoneName, Query(description="Whose days")]
