"""GET /: what this is, and where to read on."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from booking import __version__
from booking.api.application import lambda_handler
from booking.api.public_address import public_prefix

router = APIRouter()


class Root(BaseModel):
    """The API's name and version, and where its documents are."""

    name: str = "Booking API"
    version: str = __version__
    docs: str
    openapi: str


@router.get("/", operation_id="getRoot", include_in_schema=False)
async def endpoint(request: Request) -> Root:
    """For whoever opens the API's address."""
    prefix = public_prefix(request)
    return Root(docs=f"{prefix}/docs", openapi=f"{prefix}/openapi.json")


handler = lambda_handler(router)
