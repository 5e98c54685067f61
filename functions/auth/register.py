"""POST /auth/register: a new account."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from booking.accounts.errors import EmailTaken
from booking.accounts.registration import register
from booking.accounts.user import User
from booking.caller import Role
from booking.errors import TooManyRequests
from booking.http.app import lambda_handler
from booking.http.bodies.accounts import UserBody
from booking.http.bodies.email import Email
from booking.http.bodies.fields import DisplayName, RequestBody
from booking.http.errors import documented
from booking.http.source import Now, SourceAddress

router = APIRouter()


class Registration(RequestBody):
    """Clients and specialists register themselves; admins are made by the operator."""

    email: Email
    password: Annotated[str, Field(min_length=8, max_length=128)]
    role: Literal[Role.CLIENT, Role.SPECIALIST] = Role.CLIENT
    display_name: DisplayName | None = None


@router.post(
    "/auth/register",
    status_code=201,
    response_model=UserBody,
    responses=documented(EmailTaken, TooManyRequests),
    tags=["auth"],
)
async def register_account(body: Registration, source_address: SourceAddress, now: Now) -> User:
    """Make an account. A specialist's profile exists at once."""
    return register(
        body.email,
        body.password,
        body.role,
        body.display_name,
        source_address=source_address,
        now=now,
    )


handler = lambda_handler(router)
