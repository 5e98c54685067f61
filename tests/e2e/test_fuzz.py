"""Every route of the OpenAPI document with requests made up from it: no 5xx, and every answer as documented."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.settings import ROOT
from tests.e2e.deployed import DeployedStack
from tests.e2e.people import ANSWER_SECONDS, People
from tests.e2e.refusals import refused

EXAMPLES = 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


DOCUMENT = schemathesis.openapi.from_path(ROOT / "functions" / "ops" / "openapi.json")
ROUTES = [found.ok() for found in DOCUMENT.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.label)
def test_a_made_up_request_is_answered_as_documented(
    route: APIOperation[Any, Any, Any, Any], people: People, stack: DeployedStack
) -> None:
    """By an admin, who reaches every route."""
    headers = {"Authorization": f"Bearer {people.admin.token}"}

    @given(case=route.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Case[Any]) -> None:
        response = case.call(base_url=stack.url, headers=headers, timeout=ANSWER_SECONDS)
        case.validate_response(response, checks=CHECKS, headers=headers)

    asked()


def test_an_undocumented_route_is_refused(people: People) -> None:
    refused(people.admin.http.get("/undocumented"), 404)
