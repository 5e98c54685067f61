"""PUT /users/me/password: a new password for the one before it."""

from fastapi import APIRouter

from booking.accounts.errors import CurrentPasswordWrong
from booking.accounts.new_password import change_password
from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.fields import Password, RequestBody, ShownPassword
from booking.api.dependencies import Now
from booking.api.errors import refusals

router = APIRouter()


class PasswordChange(RequestBody):
    """The password that is, and the one to have."""

    current_password: ShownPassword
    password: Password


@router.put(
    "/users/me/password", summary="Change your password", status_code=204, responses=refusals(CurrentPasswordWrong)
)
async def endpoint(caller: AnyCaller, body: PasswordChange, now: Now) -> None:
    """Set the password. The account's other sessions end."""
    change_password(caller, body.current_password, body.password, now)


handler = lambda_handler(router)
