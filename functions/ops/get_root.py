"""GET /: what this is, and where to read on."""

from fastapi import APIRouter
from pydantic import BaseModel

from booking import __version__
from booking.api.application import lambda_handler
from booking.api.dependencies import PublicPrefix

router = APIRouter()


class Root(BaseModel):
    """The API's name and version, and where its documents are."""

    name: str = "Booking API"
    version: str = __version__
    docs: str
    openapi: str


@router.get("/", include_in_schema=False)
async def endpoint(prefix: PublicPrefix) -> Root:
    """For whoever opens the API's address."""
    return Root(docs=f"{prefix}/docs", openapi=f"{prefix}/openapi.json")


handler = lambda_handler(router)
