"""GET /specialists/{id}/services: what a specialist offers."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.specialists import ServiceBody
from booking.api.dependencies import PathId
from booking.api.errors import refusals
from booking.api.pagination import PublicPages
from booking.specialists.errors import SpecialistNotFound
from booking.specialists.rules import Service
from booking.specialists.services import list_services

router = APIRouter()


@router.get(
    "/specialists/{id}/services",
    summary="List a specialist's services",
    response_model=list[ServiceBody],
    responses=refusals(SpecialistNotFound),
)
async def endpoint(specialist_id: PathId, pages: PublicPages) -> Sequence[Service]:
    """What the specialist offers now, in the order in which it was added."""
    return pages.items(list_services(specialist_id, pages.wanted))


handler = lambda_handler(router)
