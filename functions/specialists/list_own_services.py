"""GET /specialists/me/services: everything that the caller has ever offered."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.specialists import ServiceBody
from booking.api.errors import refusals
from booking.api.pagination import Pages
from booking.specialists.errors import ProfileNotFound
from booking.specialists.rules import Service
from booking.specialists.services import list_own_services

router = APIRouter()


@router.get(
    "/specialists/me/services",
    summary="List your services",
    response_model=list[ServiceBody],
    responses=refusals(ProfileNotFound),
)
async def endpoint(caller: SpecialistCaller, pages: Pages) -> Sequence[Service]:
    """The caller's services in the order in which they were added, those that are offered no more, too."""
    return pages.items(list_own_services(caller, pages.wanted))


handler = lambda_handler(router)
