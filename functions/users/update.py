"""PATCH /users/{id}: what an account may do, for admins."""

from typing import Literal

from fastapi import APIRouter

from booking.accounts.errors import OwnAdminRights, UserNotFound
from booking.accounts.user import User
from booking.caller import Role
from booking.deactivation import change_account
from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.accounts import UserBody
from booking.http.bodies.fields import RequestBody
from booking.http.caller import AdminCaller
from booking.http.errors import documented
from booking.http.source import Now, PathId

router = APIRouter()


class UserChanges(RequestBody):
    """What is left out stays as it is; admins are made by the operator."""

    is_active: bool | None = None
    role: Literal[Role.CLIENT, Role.SPECIALIST] | None = None


@router.patch(
    "/users/{id}",
    response_model=UserBody,
    responses=documented(Unauthenticated, Forbidden, UserNotFound, OwnAdminRights),
    tags=["users"],
)
async def change_user(caller: AdminCaller, user_id: PathId, body: UserChanges, now: Now) -> User:
    """Activate, deactivate or give another role.

    A deactivated account is signed out, stands in no line, and its free slots are closed.
    """
    return change_account(caller, user_id, is_active=body.is_active, role=body.role, now=now)


handler = lambda_handler(router)
