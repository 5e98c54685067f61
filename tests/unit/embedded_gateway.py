"""Run by the tools' Python: prints, as JSON, what the embedded gateway answers by itself once the template is deployed.

`python embedded_gateway.py emulator.py Name=value …`: with these parameters; its CloudFormation is read as JSON.
"""

import json
import runpy
import sys
from typing import Any

from ministack.services import apigateway_v1  # type: ignore[import-not-found]
from ministack.services.cloudformation import engine  # type: ignore[import-not-found]


def definition(template: dict[str, Any], given: list[dict[str, str]]) -> dict[str, Any]:
    """The API's definition as CloudFormation hands it over."""
    parameters = engine._resolve_parameters(template, given)
    conditions = engine._evaluate_conditions(template, parameters)
    body, mappings = template["Resources"]["Api"]["Properties"]["Body"], template["Mappings"]
    made: dict[str, Any] = engine._resolve_refs(body, {}, parameters, conditions, mappings, "a-stack", "its-id")
    return made


def answers(method: str) -> dict[str, Any]:
    """What every path's own `method` answers, by path."""
    (resources,) = apigateway_v1._resources.values()
    return {
        resource["path"]: resource["resourceMethods"][method]["methodIntegration"]["integrationResponses"]
        for resource in resources.values()
        if method in resource["resourceMethods"]
    }


if __name__ == "__main__":
    emulator, *pairs = sys.argv[1:]
    runpy.run_path(emulator)
    given = [dict(zip(("Key", "Value"), pair.split("=", 1), strict=True)) for pair in pairs]
    api = apigateway_v1._import_rest_api(definition(json.load(sys.stdin), given))
    print(json.dumps({"errors": dict(apigateway_v1._gateway_responses[api]), "preflights": answers("OPTIONS")}))
