"""POST /specialists/me/services: offer a service."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.fields import Description, Price, RequestBody, Title
from booking.api.bodies.specialists import ServiceBody
from booking.api.dependencies import Now
from booking.specialists.rules import Service
from booking.specialists.services import create_service

router = APIRouter()


class NewService(RequestBody):
    """Something to offer."""

    title: Title
    description: Description | None = None
    duration_minutes: Annotated[int, Field(ge=5, le=480, strict=True)]
    price: Price


@router.post(
    "/specialists/me/services",
    operation_id="createService",
    summary="Offer a service",
    status_code=201,
    response_model=ServiceBody,
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, body: NewService, now: Now) -> Service:
    """Offer a service."""
    return create_service(
        caller,
        title=body.title,
        description=body.description,
        duration_minutes=body.duration_minutes,
        price=body.price,
        now=now,
    )


handler = lambda_handler(router)
