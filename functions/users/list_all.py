"""GET /users: all accounts, for admins."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.accounts.read import list_users
from booking.accounts.user import User
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import UserBody
from booking.api.caller import AdminCaller
from booking.api.errors import documented
from booking.api.pagination import PageOf
from booking.errors import Forbidden, Unauthenticated

router = APIRouter()


@router.get(
    "/users",
    operation_id="listUsers",
    response_model=list[UserBody],
    responses=documented(Unauthenticated, Forbidden),
    tags=["users"],
)
async def endpoint(caller: AdminCaller, pagination: PageOf) -> Sequence[User]:
    """All accounts, in the order of their creation."""
    return pagination.page(list_users, of=caller.user_id)


handler = lambda_handler(router)
