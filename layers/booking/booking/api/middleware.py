"""What a request passes before its route and an answer after it: middleware of plain ASGI, each with one job.

It stands around the app, so that also the responses that the framework makes by itself pass it. It serves HTTP only:
a server that asks for a lifespan gets an exception, which ASGI has it take for a no.
"""

import re
import uuid
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from booking.runtime.settings import settings
from booking.telemetry.log import logger

LARGEST_BODY = 64 * 1024
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
_SHOWN_TO_PAGES = "Content-Disposition, Link, Retry-After, X-Request-ID"


def with_request_id(app: ASGIApp) -> ASGIApp:
    """Each request has an id: in its state, and in every line that is logged for it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        logger.append_keys(request_id=request_id)
        await app(scope, receive, send)

    return serve


def with_response_headers(app: ASGIApp) -> ASGIApp:
    """Each response bears the request's id, and the headers for browsers that it does not set by itself."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope["state"]["request_id"])
            await send(message)

        await app(scope, receive, send_with_headers)

    return serve


def with_body_limit(app: ASGIApp) -> ASGIApp:
    """A body of more than `LARGEST_BODY` bytes is a 413 for whoever reads it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST_BODY:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await app(scope, receive_limited, send)

    return serve


def request_id_of(scope: Scope) -> str:
    """The caller's own id if it is a sane one, else the gateway's, else a new one."""
    sent = Headers(scope=scope).get("x-request-id", "")
    if _SANE_REQUEST_ID.fullmatch(sent):
        return sent
    context = scope.get("aws.event", {}).get("requestContext", {})
    return context.get("requestId") or str(uuid.uuid4())


def _add_headers(headers: MutableHeaders, request_id: str) -> None:
    headers["X-Request-ID"] = request_id
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if origin := settings().cors_allow_origin:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = _SHOWN_TO_PAGES
