"""PATCH /specialists/me: how clients see the caller, and which mail the caller gets."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import ABSENT, Description, DisplayName, RequestBody
from booking.api.bodies.hours import ChangedProfileBody, beside_conflicts
from booking.api.bodies.specialists import OwnProfileBody
from booking.api.bodies.time_zone import TimeZoneName
from booking.api.dependencies import Now
from booking.bookings.change_hours import update_own_profile
from booking.caller import Locale
from booking.specialists.rules import BookingMail

router = APIRouter()


class ProfileChanges(RequestBody):
    """What is left out stays as it is; null clears a text."""

    display_name: DisplayName | None = None
    description: Description | None = None
    time_zone: TimeZoneName = ABSENT
    locale: Locale = ABSENT
    booking_mail: BookingMail = ABSENT


@router.patch(
    "/specialists/me",
    operation_id="updateOwnProfile",
    summary="Change your profile",
    response_model=ChangedProfileBody,
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, body: ProfileChanges, now: Now) -> Mapping[str, Any]:
    """Change the caller's profile.

    Hours are the wall clock of its time zone. Bookings stay as they are where another one is set; those that the
    hours then do not cover are named. `booking_mail` is what the caller is mailed of bookings: `each` thing that
    happens, one mail at 07:00 about it and the day (`daily`), or `none`.
    """
    changed = update_own_profile(caller, body.model_dump(exclude_unset=True), now)
    return beside_conflicts(changed, OwnProfileBody)


handler = lambda_handler(router)
