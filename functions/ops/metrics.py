"""GET /metrics: the totals of all functions, for Prometheus."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials
from prometheus_client import CONTENT_TYPE_LATEST

from booking.errors import Unauthenticated
from booking.http.app import lambda_handler
from booking.http.bearer import bearer
from booking.http.errors import documented
from booking.http.exposition import prometheus_text
from booking.platform.metric_totals import read_totals
from booking.platform.scrape_token import may_scrape

router = APIRouter()


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **documented(Unauthenticated),
    },
    tags=["operations"],
)
async def show_metrics(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Response:
    """Prometheus text; for the holder of the scrape token where the deployer has set one."""
    if not may_scrape(credentials.credentials if credentials else ""):
        raise Unauthenticated
    return Response(prometheus_text(read_totals()), media_type=CONTENT_TYPE_LATEST)


handler = lambda_handler(router)
