"""What the front door makes of the emulated gateway's answers."""

import json

import httpx
import pytest
from starlette.requests import Request

from infra.local.front_door import error_body, from_gateway
from tests.e2e.refusals import refused
from tests.unit.test_template import GATEWAY_RESPONSES


def asked(method: str = "GET", request_id: str = "my-own.id_1") -> Request:
    headers = [(b"x-request-id", request_id.encode())]
    return Request({"type": "http", "method": method, "path": "/health", "query_string": b"", "headers": headers})


def passed_on(answer: httpx.Response, request: Request | None = None) -> httpx.Response:
    """What the caller gets for this answer of the gateway's."""
    response = from_gateway(request or asked(), answer, answer.content)
    return httpx.Response(response.status_code, headers=response.raw_headers, content=bytes(response.body))


@pytest.mark.parametrize(
    "of_the_emulator",
    [
        httpx.Response(502, json={"message": "{'errorType': 'Runtime.ExitError'}"}),
        httpx.Response(200, json={"errorMessage": "killed", "errorType": "Runtime.ExitError"}),
        httpx.Response(500, text="Internal Server Error"),
    ],
    ids=["502", "a success", "a page"],
)
def test_a_function_that_died_is_answered_as_on_aws(of_the_emulator: httpx.Response) -> None:
    on_aws = GATEWAY_RESPONSES["DEFAULT_5XX"]
    wanted = error_body(on_aws, "my-own.id_1")
    answer = passed_on(of_the_emulator)
    assert refused(answer, on_aws["StatusCode"]) == json.loads(wanted)


def test_an_id_that_is_not_sane_is_not_repeated() -> None:
    body = refused(passed_on(httpx.Response(502, text="dead"), asked(request_id="<script>")), 500)
    assert "script" not in body["request_id"]


@pytest.mark.parametrize("status", [200, 204, 404, 500, 503])
def test_answers_of_functions_and_of_the_template_are_passed_on_as_they_are(status: int) -> None:
    told = httpx.Response(status, headers={"X-Request-ID": "theirs", "Set-Cookie": "a=b"}, content=b"as it is")
    answer = passed_on(told)
    assert (answer.status_code, answer.content) == (status, b"as it is")
    assert answer.headers.multi_items() == [(name.lower(), value) for name, value in told.headers.multi_items()]


def test_how_to_authenticate_is_told_under_the_name_that_a_rest_api_gives_it() -> None:
    told = httpx.Response(401, headers={"X-Request-ID": "theirs", "WWW-Authenticate": "Bearer"})
    assert dict(passed_on(told).headers) == {"x-request-id": "theirs", "x-amzn-remapped-www-authenticate": "Bearer"}


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("GET", 403)])
def test_other_answers_get_the_id_that_they_lack(method: str, status: int) -> None:
    answer = passed_on(httpx.Response(status, headers={"Allow": "GET"}), asked(method))
    assert answer.status_code == status
    assert dict(answer.headers) == {"allow": "GET", "x-request-id": "my-own.id_1"}
