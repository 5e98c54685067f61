"""What browsers are told: which pages may call the API, and read what functions and the gateway answer."""

import pytest

from tests.e2e.deployed import PARAMETERS
from tests.e2e.people import People, Person
from tests.e2e.refusals import REQUEST_ID, refused

ORIGIN = PARAMETERS["CorsAllowOrigin"]


@pytest.mark.parametrize("path", ["/bookings", "/bookings/wait-list/entry", "/specialists/me/slots/slot", "/nowhere"])
def test_a_page_of_the_origin_may_call(path: str, people: People) -> None:
    asking = {"Origin": ORIGIN, "Access-Control-Request-Method": "DELETE"}
    answer = people.caller().options(path, headers=asking)
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert {"DELETE", "PATCH", "POST"} <= set(answer.headers["access-control-allow-methods"].split(","))
    assert {"authorization", "content-type", "idempotency-key", "x-request-id"} == set(
        answer.headers["access-control-allow-headers"].lower().split(",")
    )
    assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])


def test_a_page_of_the_origin_may_read_answers_and_errors(ann: Person, people: People) -> None:
    for answer in (ann.http.get("/users/me"), people.caller().get("/users/me")):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Retry-After" in answer.headers["access-control-expose-headers"]


def test_a_page_of_the_origin_may_read_the_gateways_own_errors(people: People) -> None:
    answer = people.caller().get("/nowhere")
    refused(answer, 404, reason="route_not_found")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
