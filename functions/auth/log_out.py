"""POST /auth/logout: end a session."""

from fastapi import APIRouter

from booking.accounts.sessions import log_out
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import RefreshBody

router = APIRouter()


@router.post("/auth/logout", summary="Sign out", status_code=204)
async def endpoint(body: RefreshBody) -> None:
    """End the session that the refresh token belongs to. Ending it twice is no error."""
    log_out(body.refresh_token)


handler = lambda_handler(router)
