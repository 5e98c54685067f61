"""PATCH /specialists/me: how clients see the caller."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import ABSENT, Description, DisplayName, RequestBody
from booking.api.bodies.specialists import ProfileBody
from booking.api.bodies.time_zone import TimeZoneName
from booking.api.dependencies import Now
from booking.caller import Locale
from booking.specialists.profiles import update_own_profile
from booking.specialists.rules import Profile

router = APIRouter()


class ProfileChanges(RequestBody):
    """What is left out stays as it is; null clears a text."""

    display_name: DisplayName | None = None
    description: Description | None = None
    time_zone: TimeZoneName = ABSENT
    locale: Locale = ABSENT


@router.patch(
    "/specialists/me",
    operation_id="updateOwnProfile",
    summary="Change your profile",
    response_model=ProfileBody,
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, body: ProfileChanges, now: Now) -> Profile:
    """Change the caller's profile."""
    return update_own_profile(caller, body.model_dump(exclude_unset=True), now)


handler = lambda_handler(router)
