"""GET /specialists/{id}: a specialist."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.specialists import ProfileBody
from booking.api.dependencies import PathId
from booking.api.errors import refusals
from booking.specialists.errors import SpecialistNotFound
from booking.specialists.profiles import get_profile
from booking.specialists.rules import Profile

router = APIRouter()


@router.get(
    "/specialists/{id}", summary="Get a specialist", response_model=ProfileBody, responses=refusals(SpecialistNotFound)
)
async def endpoint(specialist_id: PathId) -> Profile:
    """A specialist's profile."""
    return get_profile(specialist_id)


handler = lambda_handler(router)
