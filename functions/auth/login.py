"""POST /auth/login: e-mail and password for a session."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from booking.accounts.errors import WrongEmailOrPassword
from booking.accounts.login import log_in
from booking.accounts.sessions import Session
from booking.errors import TooManyRequests
from booking.http.app import lambda_handler
from booking.http.bodies.accounts import SessionBody
from booking.http.bodies.email import KnownEmail
from booking.http.bodies.fields import RequestBody
from booking.http.errors import documented
from booking.http.source import Now, SourceAddress

router = APIRouter()


class Credentials(RequestBody):
    """What a user signs in with."""

    email: KnownEmail
    password: Annotated[str, Field(max_length=128)]


@router.post(
    "/auth/login",
    response_model=SessionBody,
    responses=documented(WrongEmailOrPassword, TooManyRequests),
    tags=["auth"],
)
async def sign_in(body: Credentials, source_address: SourceAddress, now: Now) -> Session:
    """Sign in."""
    return log_in(body.email, body.password, source_address=source_address, now=now)


handler = lambda_handler(router)
