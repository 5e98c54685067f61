"""GET /specialists/me/schedule/dates: the caller's days on which the week's hours do not hold."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.hours import DateHoursBody
from booking.api.date_filter import DatesWanted
from booking.api.errors import refusals
from booking.api.pagination import Pages
from booking.specialists.errors import ProfileNotFound
from booking.specialists.hours import list_own_dates
from booking.specialists.rules import DateHours

router = APIRouter()


@router.get(
    "/specialists/me/schedule/dates",
    summary="List your days with hours of their own",
    response_model=list[DateHoursBody],
    responses=refusals(ProfileNotFound),
)
async def endpoint(caller: AnyCaller, pages: Pages, wanted: DatesWanted) -> Sequence[DateHours]:
    """The caller's days on which other hours hold than the week's, in order."""
    return pages.items(list_own_dates(caller, wanted, pages.wanted))


handler = lambda_handler(router)
