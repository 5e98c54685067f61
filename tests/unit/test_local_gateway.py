"""What the embedded stack's gateway answers by itself, since ministack leaves that out of a definition."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import EMULATOR
from infra.settings import ROOT
from tests.unit.test_template import GATEWAY_RESPONSES

ORIGIN = "https://app.example.com"
SHOWN = "gatewayresponse.header.Access-Control-Allow-Origin"
ALLOWED = "method.response.header.Access-Control-Allow-Origin"


@cache
def cloudformation() -> str:
    """What SAM makes of template.yaml."""
    return ran("expand_sam.py", ROOT / "template.yaml")


@cache
def deployed(**parameters: str) -> Any:
    """What the gateway has been given when the template is deployed with these parameters."""
    pairs = [f"{name}={value}" for name, value in parameters.items()]
    return json.loads(ran("embedded_gateway.py", EMULATOR[-1], *pairs, said=cloudformation()))


def ran(script: str, *words: str | Path, said: str = "") -> str:
    command = [EMULATOR[0], Path(__file__).with_name(script), *words]
    return subprocess.run(command, input=said, capture_output=True, check=True, text=True, timeout=60).stdout


def test_every_error_of_the_template_is_put() -> None:
    errors = deployed(CorsAllowOrigin=ORIGIN)["errors"]
    assert errors.keys() == GATEWAY_RESPONSES.keys()
    assert errors["THROTTLED"]["statusCode"] == "429"
    assert errors["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"
    body = json.loads(errors["THROTTLED"]["responseTemplates"]["application/json"])
    assert body["error"]["reason"] == "rate_limited"
    assert body["request_id"] == "$context.requestId"


@pytest.mark.parametrize("origin", [ORIGIN, "*"])
def test_errors_and_preflights_name_the_chosen_origin(origin: str) -> None:
    gateway = deployed(CorsAllowOrigin=origin)
    assert {error["responseParameters"][SHOWN] for error in gateway["errors"].values()} == {f"'{origin}'"}
    assert gateway["preflights"]["/{proxy+}"]["204"]["responseParameters"][ALLOWED] == f"'{origin}'"


@pytest.mark.parametrize("parameters", [{}, {"CorsAllowOrigin": ""}])
def test_without_an_origin_no_page_is_told_anything(parameters: dict[str, str]) -> None:
    gateway = deployed(**parameters)
    assert gateway["errors"].keys() == GATEWAY_RESPONSES.keys()
    assert "Access-Control" not in str(gateway)
    assert gateway["preflights"] == {}
