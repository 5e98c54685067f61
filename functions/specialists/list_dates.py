"""GET /specialists/{id}/schedule/dates: days on which the week's hours do not hold."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.hours import DateHoursBody
from booking.api.date_filter import DatesWanted
from booking.api.dependencies import PathId
from booking.api.errors import refusals
from booking.api.pagination import PublicPages
from booking.specialists.errors import SpecialistNotFound
from booking.specialists.hours import list_dates
from booking.specialists.rules import DateHours

router = APIRouter()


@router.get(
    "/specialists/{id}/schedule/dates",
    summary="List a specialist's days with hours of their own",
    response_model=list[DateHoursBody],
    responses=refusals(SpecialistNotFound),
)
async def endpoint(specialist_id: PathId, pages: PublicPages, wanted: DatesWanted) -> Sequence[DateHours]:
    """Days of the specialist's zone on which other hours hold than the week's, in order."""
    return pages.items(list_dates(specialist_id, wanted, pages.wanted))


handler = lambda_handler(router)
