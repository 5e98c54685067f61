"""POST /auth/register: a new account."""

from typing import Literal

from fastapi import APIRouter

from booking.accounts.errors import EmailTaken, SpecialistRegistrationClosed
from booking.accounts.register import Registration, register_user
from booking.accounts.user import User
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import UserBody
from booking.api.bodies.email import NewEmail
from booking.api.bodies.fields import DisplayName, Password, RequestBody
from booking.api.dependencies import Now, SourceAddress
from booking.api.errors import refusals
from booking.caller import Locale, Role

router = APIRouter()


class NewAccount(RequestBody):
    """Clients and specialists register themselves; admins are made by the operator."""

    email: NewEmail
    password: Password
    role: Literal[Role.CLIENT, Role.SPECIALIST] = Role.CLIENT
    display_name: DisplayName | None = None
    locale: Locale = Locale.EN


@router.post(
    "/auth/register",
    summary="Make an account",
    status_code=201,
    response_model=UserBody,
    responses=refusals(EmailTaken, SpecialistRegistrationClosed),
)
async def endpoint(body: NewAccount, source_address: SourceAddress, now: Now) -> User:
    """Make an account. A specialist's profile exists at once; a link to verify the address is mailed."""
    registration = Registration(body.email, body.password, body.role, body.display_name, body.locale)
    return register_user(registration, source_address=source_address, now=now)


handler = lambda_handler(router)
