"""POST /auth/login: e-mail and password for a session."""

from fastapi import APIRouter

from booking.accounts.errors import WrongEmailOrPassword
from booking.accounts.log_in import log_in
from booking.accounts.sessions import Session
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import SessionBody
from booking.api.bodies.email import KnownEmail
from booking.api.bodies.fields import RequestBody, ShownPassword
from booking.api.dependencies import Now, SourceAddress
from booking.api.errors import refusals

router = APIRouter()


class Credentials(RequestBody):
    """What a user signs in with."""

    email: KnownEmail
    password: ShownPassword


@router.post("/auth/login", summary="Sign in", response_model=SessionBody, responses=refusals(WrongEmailOrPassword))
async def endpoint(body: Credentials, source_address: SourceAddress, now: Now) -> Session:
    """Sign in."""
    return log_in(body.email, body.password, source_address=source_address, now=now)


handler = lambda_handler(router)
