"""GET /specialists: the specialists that have a name to show."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.specialists import ProfileBody
from booking.api.pagination import PublicPages
from booking.specialists.profiles import list_profiles
from booking.specialists.rules import Profile

router = APIRouter()


@router.get("/specialists", summary="List specialists", response_model=list[ProfileBody])
async def endpoint(pages: PublicPages) -> Sequence[Profile]:
    """The specialists that have a display name, in the order in which they joined."""
    return pages.items(list_profiles(pages.wanted))


handler = lambda_handler(router)
