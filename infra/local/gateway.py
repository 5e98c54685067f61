"""What the emulator's CloudFormation leaves out of the gateway: its own errors, and its answer to preflights."""

from collections.abc import Mapping
from string import Template
from typing import TYPE_CHECKING, Any

from infra.settings import template

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

EVERY_PATH = "/{proxy+}"


def complete(gateway: "APIGatewayClient", of_stack: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    """Puts what is not there yet; `chosen` are the parameters that the stack was deployed with."""
    api = of_stack["ApiId"]
    changes = [put_gateway_responses(gateway, api, chosen), put_preflight_answer(gateway, api, chosen)]
    if any(changes):
        gateway.create_deployment(restApiId=api, stageName=of_stack["StageName"])


def put_gateway_responses(gateway: "APIGatewayClient", api: str, chosen: Mapping[str, str]) -> bool:
    """Puts those of the template's GatewayResponses that are not there yet; whether there were any."""
    wanted: dict[Any, dict[str, Any]] = {
        kind: {
            "statusCode": str(response["StatusCode"]),
            "responseParameters": _resolved(
                {
                    f"gatewayresponse.header.{name}": value
                    for name, value in response["ResponseParameters"]["Headers"].items()
                },
                chosen,
            ),
            "responseTemplates": {"application/json": error_body(response)},
        }
        for kind, response in _declared()["GatewayResponses"].items()
    }
    present = {response["responseType"]: response for response in gateway.get_gateway_responses(restApiId=api)["items"]}
    missing = [kind for kind, response in wanted.items() if not response.items() <= present.get(kind, {}).items()]
    for kind in missing:
        gateway.put_gateway_response(restApiId=api, responseType=kind, **wanted[kind])
    return bool(missing)


def error_body(response: Mapping[str, Any]) -> str:
    """What one of the template's GatewayResponses answers, as CloudFormation makes it; `$context…` is the gateway's."""
    text, values = response["ResponseTemplates"]["application/json"]
    return Template(text).safe_substitute(values)


def put_preflight_answer(gateway: "APIGatewayClient", api: str, chosen: Mapping[str, str]) -> bool:
    """Puts the template's answer to browsers that ask before they call, unless it is there; whether it was put.

    The emulator maps no variables of the request here: without X-Request-ID.
    """
    ids = {resource["path"]: resource["id"] for resource in gateway.get_resources(restApiId=api, limit=500)["items"]}
    if EVERY_PATH not in ids:
        return False
    _, declared, _ = _declared()["DefinitionBody"]["paths"][EVERY_PATH]
    answer = declared["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
    status = answer["statusCode"]
    constant = {name: value for name, value in answer["responseParameters"].items() if not value.startswith("context.")}
    wanted = _resolved(constant, chosen)
    there = gateway.get_integration(restApiId=api, resourceId=ids[EVERY_PATH], httpMethod="OPTIONS")
    if there.get("integrationResponses", {}).get(status, {}).get("responseParameters") == wanted:
        return False
    gateway.put_integration_response(
        restApiId=api, resourceId=ids[EVERY_PATH], httpMethod="OPTIONS", statusCode=status, responseParameters=wanted
    )
    return True


def _declared() -> dict[str, Any]:
    properties: dict[str, Any] = template()["Resources"]["Api"]["Properties"]
    return properties


def _resolved(headers: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, str]:
    """The headers as CloudFormation makes them; `!If` without its tag is a list."""
    holds = {"HasCorsOrigin": bool(chosen.get("CorsAllowOrigin"))}
    values = {
        name: value if isinstance(value, str) else value[1 if holds[value[0]] else 2] for name, value in headers.items()
    }
    return {name: Template(value).safe_substitute(chosen) for name, value in values.items() if value != "AWS::NoValue"}
