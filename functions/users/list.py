"""GET /users: all accounts, for admins."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.accounts.directory import list_users
from booking.accounts.user import User
from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.accounts import UserBody
from booking.http.caller import AdminCaller
from booking.http.errors import documented
from booking.http.pagination import PageOf

router = APIRouter()


@router.get(
    "/users",
    response_model=list[UserBody],
    responses=documented(Unauthenticated, Forbidden),
    tags=["users"],
)
async def list_accounts(caller: AdminCaller, pagination: PageOf) -> Sequence[User]:
    """All accounts, in the order of their creation."""
    return pagination.page(list_users, of=caller.user_id)


handler = lambda_handler(router)
