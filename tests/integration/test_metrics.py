"""Metrics: what is counted in memory reaches the shared totals, and `GET /metrics` sums them up."""

from collections.abc import Callable, Iterator

import pytest

from booking.platform import metrics
from booking.platform.settings import settings
from tests.integration.api import Api
from tests.integration.people import a_client
from tests.integration.store_calls import unreachable
from tests.integration.tables import stored


def test_a_business_counter_is_added_to_the_totals() -> None:
    metrics.count("bookings_confirmed")
    metrics.count("bookings_confirmed", 2)
    metrics.flush()
    metrics.count("bookings_confirmed")
    metrics.flush()

    [totals] = stored("metrics")
    assert totals["bookings_confirmed"] == 4


def test_nothing_pending_writes_nothing() -> None:
    metrics.flush()

    assert stored("metrics") == []


def test_what_cannot_be_added_now_is_added_later() -> None:
    metrics.count("bookings_confirmed")
    with unreachable():
        metrics.flush()

    metrics.flush()

    assert stored("metrics")[0]["bookings_confirmed"] == 1


@pytest.fixture
def count_as(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """What is counted from now on is counted by the function of this name."""

    def become(function: str) -> None:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
        settings.cache_clear()

    yield become
    settings.cache_clear()


def test_the_page_sums_over_functions(api: Api, count_as: Callable[[str], None]) -> None:
    for function, confirmed in {"create": 5, "cancel": 7, "reschedule": 11}.items():
        count_as(function)
        metrics.count("bookings_confirmed", confirmed)
        metrics.flush()

    assert {item["function"]: item["bookings_confirmed"] for item in stored("metrics")} == {
        "create": 5,
        "cancel": 7,
        "reschedule": 11,
    }
    assert "bookings_confirmed_total 23.0" in api.request("GET", "/metrics").text.splitlines()


def test_the_page_shows_routes_by_template(api: Api) -> None:
    client = a_client()
    for _ in range(3):
        api.request("GET", "/bookings/unknown", client)
    metrics.flush()

    response = api.request("GET", "/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert 'http_requests_total{method="GET",path="/bookings/{id}",status_code="404"} 3.0' in lines
    assert 'http_request_duration_seconds_bucket{le="+Inf",method="GET",path="/bookings/{id}"} 3.0' in lines
    assert client.user_id not in response.text
