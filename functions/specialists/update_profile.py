"""PATCH /specialists/me: how clients see the caller."""

from fastapi import APIRouter

from booking.calendar.profiles import change_own_profile
from booking.calendar.rules import Profile
from booking.caller import Locale
from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import ProfileBody
from booking.http.bodies.fields import ABSENT, Description, DisplayName, RequestBody
from booking.http.bodies.time_zone import TimeZoneName
from booking.http.caller import SpecialistCaller
from booking.http.errors import documented
from booking.http.source import Now

router = APIRouter()


class ProfileChanges(RequestBody):
    """What is left out stays as it is; null clears a text."""

    display_name: DisplayName | None = None
    description: Description | None = None
    time_zone: TimeZoneName = ABSENT
    locale: Locale = ABSENT


@router.patch(
    "/specialists/me",
    response_model=ProfileBody,
    responses=documented(Unauthenticated, Forbidden),
    tags=["specialists"],
)
async def change_profile(caller: SpecialistCaller, body: ProfileChanges, now: Now) -> Profile:
    """Change the caller's profile."""
    return change_own_profile(caller, body.model_dump(exclude_unset=True), now)


handler = lambda_handler(router)
