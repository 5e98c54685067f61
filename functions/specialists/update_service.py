"""PATCH /specialists/me/services/{id}: change what is offered, or offer it no more."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import ABSENT, BufferMinutes, Description, Price, RequestBody, ServiceMinutes, Title
from booking.api.bodies.specialists import ServiceBody
from booking.api.dependencies import PathId
from booking.api.errors import refusals
from booking.specialists.errors import ServiceNotFound
from booking.specialists.rules import Service
from booking.specialists.services import update_service

router = APIRouter()


class ServiceChanges(RequestBody):
    """What is left out stays as it is; null clears the description."""

    title: Title = ABSENT
    description: Description | None = None
    duration_minutes: ServiceMinutes = ABSENT
    price: Price = ABSENT
    buffer_before_minutes: BufferMinutes = ABSENT
    buffer_after_minutes: BufferMinutes = ABSENT
    is_active: bool = ABSENT


@router.patch(
    "/specialists/me/services/{id}",
    summary="Change a service",
    response_model=ServiceBody,
    responses=refusals(ServiceNotFound),
)
async def endpoint(caller: SpecialistCaller, service_id: PathId, body: ServiceChanges) -> Service:
    """Change a service, or offer it no more; bookings keep what they were made with."""
    return update_service(caller, service_id, **body.model_dump(exclude_unset=True))


handler = lambda_handler(router)
