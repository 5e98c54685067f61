"""The front door: one stable address in front of the emulated gateway, with a queue.

The emulator starts a process per concurrent request; a hundred at once would starve each other. So a few requests are
in flight, the rest wait their turn, and one route never takes all of that: `/health` answers while another is flooded.
On AWS the gateway does all this.
"""

import argparse
import asyncio
import re
import uuid
from collections.abc import Mapping
from string import Template
from typing import Any
from weakref import WeakValueDictionary

import httpx
import uvicorn
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.settings import template

GATEWAY_TIMEOUT_SECONDS = 29.0
GATEWAY_BODY_LIMIT_BYTES = 10 * 1024 * 1024
KEPT_FOR_OTHER_ROUTES = 2
KEEP_ALIVE_SECONDS = 350  # as long as the gateway's own, and longer than clients reuse an idle connection

HOP_BY_HOP = {
    *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
    *(b"te", b"trailer", b"transfer-encoding", b"upgrade"),
}
SAID_BY_THE_FRONT_DOOR = {b"host", b"content-length", b"forwarded", b"x-forwarded-for", b"x-forwarded-prefix"}
RENAMED_BY_THE_GATEWAY = {b"www-authenticate": b"x-amzn-remapped-www-authenticate"}
"""What a REST API makes of functions' headers ("Amazon API Gateway important notes for REST APIs")."""
GATEWAY = template()["Resources"]["Api"]["Properties"]
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def front_door(stage_url: str, concurrency: int) -> ASGIApp:
    """An app that passes every request on to the gateway's stage at `stage_url`, at most `concurrency` at a time."""
    stage = httpx.URL(stage_url)
    in_flight = asyncio.Semaphore(concurrency)
    of_a_route = max(1, concurrency - KEPT_FOR_OTHER_ROUTES)
    routes = WeakValueDictionary[str, asyncio.Semaphore]()
    gateway = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None, keepalive_expiry=30))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        if len(body) > GATEWAY_BODY_LIMIT_BYTES:
            answer: Response = refusal(request, "REQUEST_TOO_LARGE")
        else:
            route = f"{request.method} /{scope['path'].split('/', 2)[1]}"
            async with routes.setdefault(route, asyncio.Semaphore(of_a_route)), in_flight:
                if await request.is_disconnected():
                    return
                answer = await pass_on(request, body)
        await answer(scope, receive, send)

    async def pass_on(request: Request, body: bytes) -> Response:
        try:
            async with asyncio.timeout(GATEWAY_TIMEOUT_SECONDS):
                answer = await gateway.handle_async_request(to_gateway(request, body, stage))
                content = await answer.aread()
        except TimeoutError:
            return refusal(request, "INTEGRATION_TIMEOUT")
        except httpx.TransportError:
            return refusal(request, "INTEGRATION_FAILURE")
        return from_gateway(request, answer, content)

    return GZipMiddleware(app, minimum_size=GATEWAY["MinimumCompressionSize"])


def to_gateway(request: Request, body: bytes, stage: httpx.URL) -> httpx.Request:
    """The caller's request, byte for byte, but the source address is the peer's and not the caller's word."""
    headers = [
        (name, value)
        for name, value in request.headers.raw
        if name not in HOP_BY_HOP and name not in SAID_BY_THE_FRONT_DOOR
    ]
    peer = request.client.host if request.client else "127.0.0.1"
    query = request.scope["query_string"]
    # As `target` and not as a URL: httpx would resolve `..` and leave the stage.
    target = stage.raw_path + request.scope["raw_path"] + (b"?" + query if query else b"")
    # The public address has no stage in it: links to next pages begin with nothing.
    said = [(b"host", stage.netloc), (b"x-forwarded-for", peer.encode()), (b"x-forwarded-prefix", b"")]
    return httpx.Request(
        request.method,
        stage,
        headers=[*headers, *said],
        content=body or None,
        extensions={"target": target},
    )


def from_gateway(request: Request, answer: httpx.Response, content: bytes) -> Response:
    """The gateway's answer, with its headers as a REST API on AWS hands them on.

    Functions and the template's gateway responses give every answer its X-Request-ID. What has none is the emulator's
    own word: on a function that died, which it may even call a success, or on what never reached one.
    """
    response = Response(content, answer.status_code)
    response.raw_headers = [
        (RENAMED_BY_THE_GATEWAY.get(name.lower(), name.lower()), value)
        for name, value in answer.headers.raw
        if name.lower() not in HOP_BY_HOP
    ]
    if "x-request-id" in response.headers:
        return response
    if request.method != "OPTIONS" and not answer.is_client_error:
        return refusal(request, "DEFAULT_5XX")
    response.headers["x-request-id"] = request_id(request)
    return response


def refusal(request: Request, kind: str) -> Response:
    """What the gateway on AWS answers in that case, by the template's GatewayResponses."""
    response, known_as = GATEWAY["GatewayResponses"][kind], request_id(request)
    pause = response["ResponseParameters"]["Headers"].get("Retry-After")
    headers = {"x-request-id": known_as} | ({"retry-after": pause.strip("'")} if pause else {})
    return Response(error_body(response, known_as), response["StatusCode"], headers, "application/json")


def error_body(response: Mapping[str, Any], known_as: str) -> str:
    """What one of the template's GatewayResponses answers, as CloudFormation and the gateway make it."""
    text, values = response["ResponseTemplates"]["application/json"]
    return Template(text).safe_substitute(values).replace("$context.requestId", known_as)


def request_id(request: Request) -> str:
    """The caller's own id if it is a sane one, else a new one."""
    asked = request.headers.get("x-request-id", "")
    return asked if SANE_REQUEST_ID.fullmatch(asked) else str(uuid.uuid4())


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--stage-url", required=True)
    options.add_argument("--concurrency", type=int, required=True)
    chosen = options.parse_args()
    uvicorn.run(
        front_door(chosen.stage_url, chosen.concurrency),
        host="127.0.0.1",
        port=chosen.port,
        access_log=False,
        proxy_headers=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
