"""The edge of every request: its id, its size, its line in the log.

Plain ASGI around the app, so that also the responses that the framework makes by itself pass it.
"""

import re
import time
import uuid
from contextlib import suppress
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from booking.api.errors import error_response
from booking.runtime.settings import settings
from booking.telemetry import metrics
from booking.telemetry.log import logger
from booking.telemetry.outcome import Outcome
from booking.telemetry.tracing import tracer

UNKNOWN_ROUTE = "unknown"
LARGEST_BODY = 64 * 1024
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
_SHOWN_TO_PAGES = "Content-Disposition, Link, Retry-After, X-Request-ID"


class Edge:
    """An ASGI app around the app of one or more routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._is_cold = True
        self._tracer = tracer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        logger.append_keys(request_id=request_id)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id)
            await send(message)

        body = await _read_body(receive)
        if body is None:
            await _refuse_body(request_id)(scope, receive, send_with_headers)
        else:
            await self._answer(scope, _replaying(body, receive), send_with_headers)
        self._log(scope, status, started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Exception):  # booking.api.errors has answered and logged it
            await self._app(scope, receive, send)

    def _log(self, scope: Scope, status: int, started: float) -> None:
        seconds = time.perf_counter() - started
        route = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        logger.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 1),
                "caller_id": scope["state"].get("caller_id"),
                "cold_start": self._is_cold,
            },
        )
        self._is_cold = False
        metrics.observe_request(method, route, status, seconds)
        metrics.write_log_line()
        if self._tracer:
            about = {"route": f"{method} {route}", "status": status, "request_id": scope["state"]["request_id"]}
            self._tracer.record("request", _outcome(status), started, about)


def _outcome(status: int) -> Outcome:
    """What a status says, 0 where the app never came to one."""
    if HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST:
        return "ok"
    return "refused" if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"


def _request_id(scope: Scope) -> str:
    """The caller's own id if it is a sane one, else the gateway's, else a new one."""
    sent = Headers(scope=scope).get("x-request-id", "")
    if _SANE_REQUEST_ID.fullmatch(sent):
        return sent
    context = scope.get("aws.event", {}).get("requestContext", {})
    return context.get("requestId") or str(uuid.uuid4())


def _add_headers(message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if origin := settings().cors_allow_origin:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = _SHOWN_TO_PAGES


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None if it is too large."""
    body = b""
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Hands the app the body that was read already, then whatever else comes."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _refuse_body(request_id: str) -> JSONResponse:
    return error_response(
        request_id,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"Request body is larger than {LARGEST_BODY} bytes",
    )
