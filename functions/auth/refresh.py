"""POST /auth/refresh: a refresh token for the next session; the token is spent."""

from fastapi import APIRouter

from booking.accounts.errors import RefreshTokenRejected
from booking.accounts.sessions import Session, refresh
from booking.http.app import lambda_handler
from booking.http.bodies.accounts import RefreshBody, SessionBody
from booking.http.errors import documented
from booking.http.source import Now

router = APIRouter()


@router.post(
    "/auth/refresh",
    response_model=SessionBody,
    responses=documented(RefreshTokenRejected),
    tags=["auth"],
)
async def refresh_session(body: RefreshBody, now: Now) -> Session:
    """Get new tokens. A spent refresh token that is used again ends the whole session."""
    return refresh(body.refresh_token, now)


handler = lambda_handler(router)
