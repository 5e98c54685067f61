"""The app around a route answers for this route, and for nothing that a framework would add."""

import pytest
from fastapi import APIRouter

from booking.http.app import application
from tests.integration.api import Api, error_of


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"])
def test_an_app_serves_no_documents_of_its_own(api: Api, path: str) -> None:
    bare = Api(application(APIRouter()), api.runner)

    error_of(bare.request("GET", path), 404, "route_not_found")


def test_a_path_with_a_slash_too_many_is_not_found_rather_than_redirected(api: Api) -> None:
    """API Gateway knows no such path either: clients meet the same everywhere."""
    assert api.request("GET", "/health").status_code == 200

    error_of(api.request("GET", "/health/"), 404, "route_not_found")
