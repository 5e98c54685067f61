"""GET /specialists/{id}/services: what a specialist offers."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.calendar.errors import SpecialistNotFound
from booking.calendar.rules import Service
from booking.calendar.services import list_services
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import ServiceBody
from booking.http.errors import documented
from booking.http.pagination import PublicPageOf
from booking.http.source import PathId

router = APIRouter()


@router.get(
    "/specialists/{id}/services",
    response_model=list[ServiceBody],
    responses=documented(SpecialistNotFound),
    tags=["specialists"],
)
async def show_services(specialist_id: PathId, pagination: PublicPageOf) -> Sequence[Service]:
    """What the specialist offers, in the order in which it was added."""
    return pagination.page(lambda request: list_services(specialist_id, request))


handler = lambda_handler(router)
