"""Every route of the OpenAPI document with requests made up from it: no 5xx, and every answer as documented."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from requests.adapters import HTTPAdapter
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
from tests.e2e.people import ANSWER_SECONDS, LOOPBACK, People, unused_address
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


class FromAnotherAddress(HTTPAdapter):
    """Requests that the stack sees under an address that nobody else has."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, source_address=(unused_address(), 0), **options)


@pytest.fixture(scope="module")
def session(stack: DeployedStack) -> Iterator[requests.Session]:
    """Made-up registrations leave others their own number in a minute."""
    with requests.Session() as session:
        if urlsplit(stack.url).hostname in LOOPBACK:
            session.mount("http://", FromAnotherAddress())
        yield session


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.label)
def test_a_made_up_request_is_answered_as_documented(
    route: APIOperation[Any, Any, Any, Any], people: People, stack: DeployedStack, session: requests.Session
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
        response = case.call(base_url=stack.url, session=session, headers=headers, timeout=ANSWER_SECONDS)
        case.validate_response(response, checks=CHECKS, headers=headers)

    asked()


def test_an_undocumented_route_is_refused(people: People) -> None:
    refused(people.admin.http.get("/undocumented"), 404)
