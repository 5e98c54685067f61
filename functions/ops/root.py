"""GET /: what this is, and where to read on."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from booking import __version__
from booking.http.app import lambda_handler
from booking.http.public_address import public_prefix

router = APIRouter()


class Root(BaseModel):
    """The API's name and version, and where its documents are."""

    name: str = "Booking API"
    version: str = __version__
    docs: str
    openapi: str


@router.get("/", include_in_schema=False)
async def show_root(request: Request) -> Root:
    """For whoever opens the API's address."""
    prefix = public_prefix(request)
    return Root(docs=f"{prefix}/docs", openapi=f"{prefix}/openapi.json")


handler = lambda_handler(router)
