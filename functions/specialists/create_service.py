"""POST /specialists/me/services: offer a service."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import BufferMinutes, Description, Price, RequestBody, ServiceMinutes, Title
from booking.api.bodies.specialists import ServiceBody
from booking.api.dependencies import Now
from booking.specialists.rules import Service
from booking.specialists.services import create_service

router = APIRouter()


class NewService(RequestBody):
    """Something to offer; its buffers are kept free before and after each appointment."""

    title: Title
    description: Description | None = None
    duration_minutes: ServiceMinutes
    price: Price
    buffer_before_minutes: BufferMinutes = 0
    buffer_after_minutes: BufferMinutes = 0


@router.post("/specialists/me/services", summary="Offer a service", status_code=201, response_model=ServiceBody)
async def endpoint(caller: SpecialistCaller, body: NewService, now: Now) -> Service:
    """Offer a service."""
    return create_service(
        caller,
        title=body.title,
        description=body.description,
        duration_minutes=body.duration_minutes,
        price=body.price,
        buffer_before_minutes=body.buffer_before_minutes,
        buffer_after_minutes=body.buffer_after_minutes,
        now=now,
    )


handler = lambda_handler(router)
