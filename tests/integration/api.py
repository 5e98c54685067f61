"""The API as its clients see it, in this process: the ASGI app of all routes, or one function and an event."""

import asyncio
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
from starlette.types import ASGIApp

from booking.accounts.access_tokens import issue_access_token
from booking.caller import Caller
from booking.runtime.clock import current_instant

SOURCE = "192.0.2.1"
STAGE = "v1"
INVOCATION = "id-of-lambda"


@dataclass
class Api:
    """A client of the app."""

    app: ASGIApp
    runner: asyncio.Runner

    def request(
        self, method: str, path: str, caller: Caller | None = None, *, source: str = SOURCE, **kwargs: Any
    ) -> httpx.Response:
        """The answer to a request of the caller's."""
        headers = kwargs.pop("headers", {}) | (bearer(caller) if caller else {})
        return self.runner.run(self._request(method, path, source, headers=headers, **kwargs))

    async def _request(self, method: str, path: str, source: str, **kwargs: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, client=(source, 1), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://api.example") as client:
            return await client.request(method, path, **kwargs)


def bearer(caller: Caller) -> dict[str, str]:
    """The header of a signed-in caller."""
    return {"Authorization": f"Bearer {issue_access_token(caller, current_instant())}"}


def error_of(response: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    """The body of an error, after checking that it has the contract's shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    error = body["error"]
    assert body.keys() == {"error", "detail", "request_id"}
    assert error.keys() == {"code", "message", "detail", "reason"}
    assert (error["code"], error["reason"]) == (f"http_{status}", reason)
    assert error["detail"] == body["detail"]
    assert error["message"] == body["detail"] or status == 422
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def invoke(
    module: str,
    method: str,
    path: str,
    *,
    caller: Caller | None = None,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    is_base64: bool = False,
) -> dict[str, Any]:
    """What a function answers to the event that a REST API sends it."""
    sent = {"Host": "api.example", **(headers or {}), **(bearer(caller) if caller else {})}
    if body is not None:
        sent["Content-Type"] = "application/json"
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "id-of-the-gateway",
            "path": f"/{STAGE}{path}",
            "stage": STAGE,
            "identity": {"sourceIp": SOURCE},
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }
    answer: dict[str, Any] = importlib.import_module(module).handler(event, an_invocation())
    return answer


def an_invocation(time_left_ms: Callable[[], int] = lambda: 60_000) -> SimpleNamespace:
    """What Lambda tells a function about the invocation at hand."""
    return SimpleNamespace(
        aws_request_id=INVOCATION,
        function_name="function",
        memory_limit_in_mb=128,
        invoked_function_arn="arn",
        get_remaining_time_in_millis=time_left_ms,
    )


def body_of(answer: Mapping[str, Any]) -> Any:
    """The JSON that a function answered with."""
    return json.loads(answer["body"])
