"""POST /auth/password/reset: a mailed link for a new password."""

from fastapi import APIRouter

from booking.accounts.errors import TokenNotValid
from booking.accounts.new_password import reset_password
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import LinkToken
from booking.api.bodies.fields import Password
from booking.api.dependencies import Now, SourceAddress
from booking.api.errors import refusals

router = APIRouter()


class PasswordReset(LinkToken):
    """The link's token, and the password to have."""

    password: Password


@router.post(
    "/auth/password/reset",
    summary="Choose a new password with a mailed link",
    status_code=204,
    responses=refusals(TokenNotValid),
)
async def endpoint(body: PasswordReset, source_address: SourceAddress, now: Now) -> None:
    """Set the password. Every session of the account ends; the token is good for one hour and one use."""
    reset_password(body.token, body.password, source_address=source_address, now=now)


handler = lambda_handler(router)
