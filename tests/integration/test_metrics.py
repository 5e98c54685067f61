"""Metrics: what is counted in memory reaches the shared totals, and `GET /metrics` sums them up."""

import pytest

from booking.platform import metrics
from booking.platform.metric_totals import add_to_totals
from tests.integration.api import Api
from tests.integration.people import a_client, a_slot, a_specialist
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


def test_the_page_sums_over_functions_and_shows_routes_by_template(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client()
    a_slot(a_specialist())
    for _ in range(3):
        api.request("GET", "/bookings/unknown", client)
    metrics.flush()
    add_to_totals({"bookings_confirmed": 5})

    response = api.request("GET", "/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert "bookings_confirmed_total 5.0" in lines
    assert 'http_requests_total{method="GET",path="/bookings/{id}",status_code="404"} 3.0' in lines
    assert 'http_request_duration_seconds_bucket{le="+Inf",method="GET",path="/bookings/{id}"} 3.0' in lines
    assert client.user_id not in response.text
