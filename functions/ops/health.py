"""GET /health: whether the service is up, and with `?deep=1`, whether it can read its tables."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from booking import __version__
from booking.errors import StoreUnavailable
from booking.http.app import lambda_handler
from booking.http.errors import documented

router = APIRouter()


class Health(BaseModel):
    """The service answers; `version` is the code's."""

    status: Literal["ok"] = "ok"
    version: str = __version__


@router.get("/health", responses=documented(StoreUnavailable), tags=["operations"])
async def show_health(
    *,
    deep: Annotated[bool, Query(description="Read every table as well")] = False,
) -> Health:
    """Whether the service is up."""
    if deep:
        from booking.platform.probe import check_tables  # noqa: PLC0415  # the plain answer needs no store

        check_tables()
    return Health()


handler = lambda_handler(router)
