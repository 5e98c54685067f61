"""GET /metrics: the totals of all functions, for Prometheus."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST

from booking.api.application import lambda_handler
from booking.errors import Unauthenticated
from booking.telemetry.metric_totals import read_totals
from booking.telemetry.prometheus import prometheus_text
from booking.telemetry.scrape_token import may_scrape

router = APIRouter()

_SCRAPE_TOKEN = HTTPBearer(
    auto_error=False, scheme_name="ScrapeToken", description="The deployer's; needed where one is set."
)
ScrapeToken = Annotated[HTTPAuthorizationCredentials | None, Depends(_SCRAPE_TOKEN)]


@router.get(
    "/metrics",
    summary="Get the metrics of all functions",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    openapi_extra={"security": [{}]},
    tags=["operations"],
)
async def endpoint(token: ScrapeToken) -> Response:
    """Prometheus text; for the holder of the scrape token where the deployer has set one."""
    if not may_scrape(token.credentials if token else ""):
        raise Unauthenticated
    return Response(prometheus_text(read_totals()), media_type=CONTENT_TYPE_LATEST)


handler = lambda_handler(router)
