"""Who is calling: dependencies that a route names to say whom it is for.

Endpoints and dependencies are `async` although the store's calls block: an execution environment serves
one request at a time, so a thread pool would only cost time.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials

from booking.accounts.access_tokens import caller_of
from booking.api.bearer import bearer
from booking.caller import Caller, Role
from booking.errors import Forbidden, Unauthenticated


async def _signed_in(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    if credentials is None:
        raise Unauthenticated
    caller = caller_of(credentials.credentials)
    request.state.caller_id = caller.user_id
    return caller


async def _client(caller: Annotated[Caller, Depends(_signed_in)]) -> Caller:
    return _with_role(caller, Role.CLIENT)


async def _specialist(caller: Annotated[Caller, Depends(_signed_in)]) -> Caller:
    return _with_role(caller, Role.SPECIALIST)


async def _admin(caller: Annotated[Caller, Depends(_signed_in)]) -> Caller:
    return _with_role(caller, Role.ADMIN)


def _with_role(caller: Caller, role: Role) -> Caller:
    """Admins may do what the others may."""
    if caller.role is role or caller.is_admin:
        return caller
    raise Forbidden


AnyCaller = Annotated[Caller, Depends(_signed_in)]
ClientCaller = Annotated[Caller, Depends(_client)]
SpecialistCaller = Annotated[Caller, Depends(_specialist)]
AdminCaller = Annotated[Caller, Depends(_admin)]
