"""POST /specialists/me/services: offer a service."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from booking.calendar.rules import Service
from booking.calendar.services import add_service
from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bodies.calendar import ServiceBody
from booking.http.bodies.fields import Description, Price, RequestBody, Title
from booking.http.caller import SpecialistCaller
from booking.http.errors import documented
from booking.http.source import Now

router = APIRouter()


class NewService(RequestBody):
    """Something to offer."""

    title: Title
    description: Description | None = None
    duration_minutes: Annotated[int, Field(ge=5, le=480, strict=True)]
    price: Price


@router.post(
    "/specialists/me/services",
    status_code=201,
    response_model=ServiceBody,
    responses=documented(Unauthenticated, Forbidden),
    tags=["specialists"],
)
async def offer_service(caller: SpecialistCaller, body: NewService, now: Now) -> Service:
    """Offer a service."""
    return add_service(
        caller,
        title=body.title,
        description=body.description,
        duration_minutes=body.duration_minutes,
        price=body.price,
        now=now,
    )


handler = lambda_handler(router)
