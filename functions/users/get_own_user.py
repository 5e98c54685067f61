"""GET /users/me: the caller's own account."""

from fastapi import APIRouter

from booking.accounts.read import get_own_user
from booking.accounts.user import User
from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.accounts import UserBody

router = APIRouter()


@router.get("/users/me", summary="Get your account", response_model=UserBody)
async def endpoint(caller: AnyCaller) -> User:
    """The account that the token speaks for."""
    return get_own_user(caller)


handler = lambda_handler(router)
