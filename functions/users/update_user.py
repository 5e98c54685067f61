"""PATCH /users/{id}: what an account may do, for admins."""

from typing import Literal

from fastapi import APIRouter

from booking.accounts.errors import OwnAdminRights, UserNotFound
from booking.accounts.user import User
from booking.administration.update_user import update_user
from booking.api.application import lambda_handler
from booking.api.authentication import AdminCaller
from booking.api.bodies.accounts import UserBody
from booking.api.bodies.fields import ABSENT, RequestBody
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.caller import Role

router = APIRouter()


class UserChanges(RequestBody):
    """What is left out stays as it is; admins are made by the operator."""

    is_active: bool = ABSENT
    role: Literal[Role.CLIENT, Role.SPECIALIST] = ABSENT


@router.patch(
    "/users/{id}",
    summary="Change what an account may do",
    response_model=UserBody,
    responses=refusals(UserNotFound, OwnAdminRights),
)
async def endpoint(caller: AdminCaller, user_id: PathId, body: UserChanges, now: Now) -> User:
    """Activate, deactivate or give another role.

    A deactivated account is signed out, is on no wait-list, and its free slots are closed.
    """
    return update_user(caller, user_id, is_active=body.is_active, role=body.role, now=now)


handler = lambda_handler(router)
