"""Which pages browsers let read the API's answers: none, unless the deployer names their origin."""

from dataclasses import replace

import pytest

from booking.api import middleware
from booking.runtime.settings import settings
from tests.integration.api import Api

ORIGIN = "https://app.example.com"


def test_no_page_may_read_by_default(api: Api) -> None:
    answer = api.request("GET", "/health", headers={"Origin": ORIGIN})
    assert [name for name in answer.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("path", ["/health", "/users/me"])
def test_pages_of_the_deployers_origin_may_read_answers_and_errors(
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    opened = replace(settings(), cors_allow_origin=ORIGIN)
    monkeypatch.setattr(middleware, "settings", lambda: opened)
    answer = api.request("GET", path, headers={"Origin": "https://another.example"})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert {"Link", "Retry-After", "X-Request-ID"} <= set(answer.headers["access-control-expose-headers"].split(", "))
