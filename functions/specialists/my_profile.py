"""GET /specialists/me: the caller's own profile."""

from fastapi import APIRouter

from booking.calendar.errors import ProfileNotFound
from booking.calendar.profiles import own_profile
from booking.calendar.rules import Profile
from booking.errors import Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import ProfileBody
from booking.http.caller import AnyCaller
from booking.http.errors import documented

router = APIRouter()


@router.get(
    "/specialists/me",
    response_model=ProfileBody,
    responses=documented(Unauthenticated, ProfileNotFound),
    tags=["specialists"],
)
async def show_own_profile(caller: AnyCaller) -> Profile:
    """The caller's profile."""
    return own_profile(caller)


handler = lambda_handler(router)
