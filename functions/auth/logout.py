"""POST /auth/logout: end a session."""

from fastapi import APIRouter

from booking.accounts.sessions import close_session
from booking.http.app import lambda_handler
from booking.http.bodies.accounts import RefreshBody

router = APIRouter()


@router.post("/auth/logout", status_code=204, tags=["auth"])
async def sign_out(body: RefreshBody) -> None:
    """End the session that the refresh token belongs to. Ending it twice is no error."""
    close_session(body.refresh_token)


handler = lambda_handler(router)
