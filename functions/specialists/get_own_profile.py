"""GET /specialists/me: the caller's own profile."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.specialists import OwnProfileBody
from booking.api.errors import refusals
from booking.specialists.errors import ProfileNotFound
from booking.specialists.profiles import get_own_profile
from booking.specialists.rules import Profile

router = APIRouter()


@router.get(
    "/specialists/me", summary="Get your profile", response_model=OwnProfileBody, responses=refusals(ProfileNotFound)
)
async def endpoint(caller: AnyCaller) -> Profile:
    """The caller's profile."""
    return get_own_profile(caller)


handler = lambda_handler(router)
