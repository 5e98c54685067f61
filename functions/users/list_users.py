"""GET /users: all accounts, for admins."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.accounts.read import list_users
from booking.accounts.user import User
from booking.api.application import lambda_handler
from booking.api.authentication import AdminCaller
from booking.api.bodies.accounts import UserBody
from booking.api.pagination import Pages

router = APIRouter()


@router.get("/users", summary="List all accounts", response_model=list[UserBody])
async def endpoint(_caller: AdminCaller, pages: Pages) -> Sequence[User]:
    """All accounts, in the order of their creation."""
    return pages.items(list_users(pages.wanted))


handler = lambda_handler(router)
