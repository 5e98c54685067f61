"""GET /openapi.json: the OpenAPI document of all routes, made when the code was built."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

from booking.api.application import lambda_handler

router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
async def endpoint() -> Response:
    """The document. Its server is `.`, so that it holds behind any stage path."""
    return Response(_document(), media_type="application/json")


@cache
def _document() -> bytes:
    return Path(__file__).with_name("openapi.json").read_bytes()


handler = lambda_handler(router)
