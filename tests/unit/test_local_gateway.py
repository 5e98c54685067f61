"""What the embedded stack's gateway is given, since its CloudFormation leaves it out."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.local import gateway
from tests.unit.test_template import GATEWAY_RESPONSES

ORIGIN = "https://app.example.com"
OF_STACK = {"ApiId": "an-api", "StageName": "v1"}
SHOWN = "gatewayresponse.header.Access-Control-Allow-Origin"
ALLOWED = "method.response.header.Access-Control-Allow-Origin"


class Gateway:
    """As much of the emulator's gateway as is used; `answers_preflights` as CloudFormation has left it."""

    def __init__(self, *, answers_preflights: bool) -> None:
        self.paths = ["/", "/bookings", *(["/{proxy+}"] if answers_preflights else [])]
        self.errors: dict[str, dict[str, Any]] = {}
        self.preflight: dict[str, dict[str, Any]] = {}
        self.deployments = 0

    def get_gateway_responses(self, **_: str) -> Any:
        return {"items": [{"responseType": kind, **response} for kind, response in self.errors.items()]}

    def put_gateway_response(self, *, restApiId: str, responseType: str, **response: Any) -> None:  # noqa: N803 - boto3's
        self.errors[responseType] = response

    def get_resources(self, **_: Any) -> Any:
        return {"items": [{"path": path, "id": f"the id of {path}"} for path in self.paths]}

    def get_integration(self, *, resourceId: str, **_: str) -> Any:  # noqa: N803 - boto3's
        assert resourceId == "the id of /{proxy+}"
        return {"type": "MOCK", "integrationResponses": self.preflight}

    def put_integration_response(self, *, statusCode: str, responseParameters: Any, **_: str) -> None:  # noqa: N803 - boto3's
        self.preflight[statusCode] = {"statusCode": statusCode, "responseParameters": responseParameters}

    def create_deployment(self, **_: str) -> None:
        self.deployments += 1


def completed(fake: Gateway, chosen: Mapping[str, str]) -> Gateway:
    gateway.complete(fake, OF_STACK, chosen)  # type: ignore[arg-type]
    return fake


@pytest.fixture
def opened() -> Gateway:
    return completed(Gateway(answers_preflights=True), {"CorsAllowOrigin": ORIGIN})


def test_every_error_of_the_template_is_put_and_deployed(opened: Gateway) -> None:
    assert opened.errors.keys() == GATEWAY_RESPONSES.keys()
    assert opened.errors["THROTTLED"]["statusCode"] == "429"
    assert opened.errors["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"
    body = json.loads(opened.errors["THROTTLED"]["responseTemplates"]["application/json"])
    assert body["error"]["reason"] == "rate_limited"
    assert body["request_id"] == "$context.requestId"
    assert opened.deployments == 1


def test_errors_and_preflights_name_the_chosen_origin(opened: Gateway) -> None:
    assert {error["responseParameters"][SHOWN] for error in opened.errors.values()} == {f"'{ORIGIN}'"}
    assert opened.preflight["204"]["responseParameters"][ALLOWED] == f"'{ORIGIN}'"


@pytest.mark.parametrize("chosen", [{}, {"CorsAllowOrigin": ""}])
def test_without_an_origin_no_page_is_told_anything(chosen: Mapping[str, str]) -> None:
    closed = completed(Gateway(answers_preflights=False), chosen)
    assert closed.errors.keys() == GATEWAY_RESPONSES.keys()
    assert "Access-Control" not in str(closed.errors)
    assert closed.preflight == {}


def test_what_is_there_already_is_not_put_again(opened: Gateway) -> None:
    assert completed(opened, {"CorsAllowOrigin": ORIGIN}).deployments == 1


def test_another_origin_takes_the_place_of_the_first(opened: Gateway) -> None:
    completed(opened, {"CorsAllowOrigin": "*"})
    assert {error["responseParameters"][SHOWN] for error in opened.errors.values()} == {"'*'"}
    assert opened.preflight["204"]["responseParameters"][ALLOWED] == "'*'"
    assert opened.deployments == 2
