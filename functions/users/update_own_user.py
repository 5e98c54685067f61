"""PATCH /users/me: what the caller's account says about its holder."""

from fastapi import APIRouter

from booking.accounts.update_own_user import update_own_user
from booking.accounts.user import User
from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.accounts import UserBody
from booking.api.bodies.fields import ABSENT, DisplayName, Phone, RequestBody, TimeZoneName
from booking.caller import Locale

router = APIRouter()


class OwnUserChanges(RequestBody):
    """What is left out stays as it is; null clears a field."""

    display_name: DisplayName | None = None
    phone: Phone | None = None
    locale: Locale = ABSENT
    time_zone: TimeZoneName | None = None


@router.patch("/users/me", summary="Change your account", response_model=UserBody)
async def endpoint(caller: AnyCaller, body: OwnUserChanges) -> User:
    """Change the caller's account. A specialist's profile has a name, a language and a time zone of its own."""
    return update_own_user(caller, body.model_dump(exclude_unset=True))


handler = lambda_handler(router)
