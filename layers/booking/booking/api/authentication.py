"""Who is calling: dependencies that a route names to say whom it is for."""

from typing import Annotated

from fastapi import Depends, Request

from booking.accounts.access_tokens import caller_of
from booking.api.dependencies import BearerToken
from booking.caller import Caller, Role
from booking.errors import Forbidden, Unauthenticated


async def _signed_in(request: Request, token: BearerToken) -> Caller:
    if token is None:
        raise Unauthenticated
    caller = caller_of(token.credentials)
    request.state.caller_id = caller.user_id
    return caller


AnyCaller = Annotated[Caller, Depends(_signed_in)]


class OnlyFor:
    """A dependency: the caller, if it has this role or is an admin, who may do what the others may."""

    def __init__(self, role: Role) -> None:
        self._role = role

    async def __call__(self, caller: AnyCaller) -> Caller:
        """Raises `Unauthenticated`, `Forbidden`."""
        if caller.role is self._role or caller.is_admin:
            return caller
        raise Forbidden


ClientCaller = Annotated[Caller, Depends(OnlyFor(Role.CLIENT))]
SpecialistCaller = Annotated[Caller, Depends(OnlyFor(Role.SPECIALIST))]
AdminCaller = Annotated[Caller, Depends(OnlyFor(Role.ADMIN))]
