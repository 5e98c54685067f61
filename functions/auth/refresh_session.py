"""POST /auth/refresh: a refresh token for the next session; the token is spent."""

from fastapi import APIRouter

from booking.accounts.errors import RefreshTokenRejected
from booking.accounts.sessions import Session, refresh_session
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import RefreshBody, SessionBody
from booking.api.dependencies import Now
from booking.api.errors import refusals

router = APIRouter()


@router.post(
    "/auth/refresh",
    summary="Get the next tokens of a session",
    response_model=SessionBody,
    responses=refusals(RefreshTokenRejected),
)
async def endpoint(body: RefreshBody, now: Now) -> Session:
    """Get new tokens. A spent refresh token that is used again ends the whole session."""
    return refresh_session(body.refresh_token, now)


handler = lambda_handler(router)
