"""GET /specialists/{id}: a specialist."""

from fastapi import APIRouter

from booking.calendar.errors import SpecialistNotFound
from booking.calendar.profiles import profile_of
from booking.calendar.rules import Profile
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import ProfileBody
from booking.http.errors import documented
from booking.http.source import PathId

router = APIRouter()


@router.get(
    "/specialists/{id}",
    response_model=ProfileBody,
    responses=documented(SpecialistNotFound),
    tags=["specialists"],
)
async def show_profile(specialist_id: PathId) -> Profile:
    """A specialist's profile."""
    return profile_of(specialist_id)


handler = lambda_handler(router)
