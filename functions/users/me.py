"""GET /users/me: the caller's own account."""

from fastapi import APIRouter

from booking.accounts.directory import own_account
from booking.accounts.user import User
from booking.errors import Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.accounts import UserBody
from booking.http.caller import AnyCaller
from booking.http.errors import documented

router = APIRouter()


@router.get("/users/me", response_model=UserBody, responses=documented(Unauthenticated), tags=["users"])
async def show_own_account(caller: AnyCaller) -> User:
    """The account that the token speaks for."""
    return own_account(caller)


handler = lambda_handler(router)
