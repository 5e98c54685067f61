"""What is kept of each request once it is answered: a line in the log, metrics, and a trace where there are any."""

import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from booking.telemetry import metrics
from booking.telemetry.log import logger
from booking.telemetry.tracing import tracer

if TYPE_CHECKING:
    from booking.telemetry.xray import Outcome

UNKNOWN_ROUTE = "unknown"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def observed(app: ASGIApp) -> ASGIApp:
    """Middleware that logs, counts and traces each request, whatever becomes of it."""
    is_cold = True
    active_tracer = tracer()  # before the clients are made whose calls it watches

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal is_cold
        started = time.perf_counter()
        status = 0

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with suppress(Exception):  # booking.api.errors has answered and logged it
            await app(scope, receive, send_noting_status)
        seconds = time.perf_counter() - started
        method, route = _method(scope), _route(scope)
        _log(method, route, status, seconds, scope["state"].get("caller_id"), is_cold=is_cold)
        is_cold = False
        metrics.observe_request(method, route, status, seconds)
        metrics.write_log_line()
        if active_tracer:
            about = {"route": f"{method} {route}", "status": status, "request_id": scope["state"]["request_id"]}
            active_tracer.record("request", _outcome(status), started, about)

    return serve


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


def _route(scope: Scope) -> str:
    """The route's path as it is declared, without ids."""
    return getattr(scope.get("route"), "path", UNKNOWN_ROUTE)


def _log(method: str, route: str, status: int, seconds: float, caller_id: str | None, *, is_cold: bool) -> None:
    logger.info(
        "request",
        extra={
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "caller_id": caller_id,
            "cold_start": is_cold,
        },
    )


def _outcome(status: int) -> "Outcome":
    """What a status says, 0 where the app never came to one."""
    if HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST:
        return "ok"
    return "refused" if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"
