"""Who is calling: dependencies that a route names to say whom it is for.

Each is FastAPI's security scheme itself, not what depends on it: every dependency costs a request 2 % of its CPU.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from booking.accounts.access_tokens import caller_of
from booking.caller import Caller, Role
from booking.errors import Forbidden, Unauthenticated


class SignedIn(HTTPBearer):
    """A dependency: the caller, whoever it is."""

    def __init__(self) -> None:
        super().__init__(
            auto_error=False, scheme_name="AccessToken", bearerFormat="JWT", description="From `POST /auth/login`."
        )

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]  # more than the credentials
        """Raises `Unauthenticated`."""
        token = await super().__call__(request)
        if token is None:
            raise Unauthenticated
        caller = caller_of(token.credentials)
        request.state.caller_id = caller.user_id
        return caller


class OnlyFor(SignedIn):
    """A dependency: the caller, if it has this role or is an admin, who may do what the others may."""

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._role = role

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """Raises `Unauthenticated`, `Forbidden`."""
        caller = await super().__call__(request)
        if caller.role is self._role or caller.is_admin:
            return caller
        raise Forbidden


AnyCaller = Annotated[Caller, Depends(SignedIn())]
ClientCaller = Annotated[Caller, Depends(OnlyFor(Role.CLIENT))]
SpecialistCaller = Annotated[Caller, Depends(OnlyFor(Role.SPECIALIST))]
AdminCaller = Annotated[Caller, Depends(OnlyFor(Role.ADMIN))]
