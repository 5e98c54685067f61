"""Who is calling: dependencies that a route names to say whom it is for.

Each is FastAPI's security scheme itself, not what depends on it: every dependency costs a request 2 % of its CPU.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from booking.accounts.access_tokens import caller_of
from booking.accounts.guests import guest_of
from booking.caller import Caller, Guest, Role
from booking.errors import Forbidden, Unauthenticated


class SignedIn(HTTPBearer):
    """A dependency: the caller, whoever it is, if it has an account."""

    def __init__(self) -> None:
        super().__init__(
            auto_error=False, scheme_name="AccessToken", bearerFormat="JWT", description="From `POST /auth/login`."
        )

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]  # more than the credentials
        """Raises `Unauthenticated`, and `Forbidden` for a guest, whose link opens one booking and nothing else."""
        caller = await self._caller_or_guest(request)
        if isinstance(caller, Guest):
            raise Forbidden
        return caller

    async def _caller_or_guest(self, request: Request) -> Caller | Guest:
        token = await super().__call__(request)
        if token is None:
            raise Unauthenticated
        try:
            caller = caller_of(token.credentials)
        except Unauthenticated:
            guest = guest_of(token.credentials)
            request.state.caller_id = guest.guest_id
            return guest
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


class OpensBooking(SignedIn):
    """A dependency: whoever has an account, or the link of the booking that the path names (`id`)."""

    async def __call__(self, request: Request) -> Caller | Guest:  # type: ignore[override]
        """Raises `Unauthenticated`, and `Forbidden` for the link of another booking."""
        caller = await self._caller_or_guest(request)
        if isinstance(caller, Guest) and caller.booking_id != request.path_params["id"]:
            raise Forbidden
        return caller


AnyCaller = Annotated[Caller, Depends(SignedIn())]
CallerOrGuest = Annotated[Caller | Guest, Depends(OpensBooking())]
ClientCaller = Annotated[Caller, Depends(OnlyFor(Role.CLIENT))]
SpecialistCaller = Annotated[Caller, Depends(OnlyFor(Role.SPECIALIST))]
AdminCaller = Annotated[Caller, Depends(OnlyFor(Role.ADMIN))]
