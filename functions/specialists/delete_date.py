"""DELETE /specialists/me/schedule/dates/{date}: the week's hours hold again."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.dependencies import PathDay
from booking.specialists.hours import delete_date

router = APIRouter()


@router.delete("/specialists/me/schedule/dates/{date}", summary="Take a day's own hours back", status_code=204)
async def endpoint(caller: SpecialistCaller, day: PathDay) -> None:
    """Let the week's hours hold again on a day; it is no error if they do."""
    delete_date(caller, day)


handler = lambda_handler(router)
