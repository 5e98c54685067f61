"""GET /specialists/{id}/services: what a specialist offers."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.calendar import ServiceBody
from booking.api.errors import documented
from booking.api.pagination import PublicPageOf
from booking.api.source import PathId
from booking.specialists.errors import SpecialistNotFound
from booking.specialists.rules import Service
from booking.specialists.services import list_services

router = APIRouter()


@router.get(
    "/specialists/{id}/services",
    operation_id="listServices",
    summary="List a specialist's services",
    response_model=list[ServiceBody],
    responses=documented(SpecialistNotFound),
    tags=["specialists"],
)
async def endpoint(specialist_id: PathId, pagination: PublicPageOf) -> Sequence[Service]:
    """What the specialist offers, in the order in which it was added."""
    return pagination.page(lambda request: list_services(specialist_id, request))


handler = lambda_handler(router)
