"""GET /health: whether the service is up, and with `?deep=1`, whether it can read its tables."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from booking import __version__
from booking.api.application import lambda_handler
from booking.api.bodies.fields import ResponseBody

router = APIRouter()


class Health(ResponseBody):
    """The service answers; `version` is the code's."""

    status: Literal["ok"] = "ok"
    version: str = __version__


@router.get("/health", summary="Say whether the service is up", tags=["operations"])
async def endpoint(
    *,
    deep: Annotated[bool, Query(description="Read every table as well")] = False,
) -> Health:
    """Whether the service is up."""
    if deep:
        from booking.dynamodb.health_check import check_tables  # noqa: PLC0415  # the plain answer needs no store

        check_tables()
    return Health()


handler = lambda_handler(router)
