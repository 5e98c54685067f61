"""GET /specialists: the specialists that have a name to show."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.calendar.profiles import list_profiles
from booking.calendar.rules import Profile
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import ProfileBody
from booking.http.pagination import PublicPageOf

router = APIRouter()


@router.get("/specialists", response_model=list[ProfileBody], tags=["specialists"])
async def show_specialists(pagination: PublicPageOf) -> Sequence[Profile]:
    """The specialists that have a display name, in the order in which they joined."""
    return pagination.page(list_profiles)


handler = lambda_handler(router)
