"""What browsers are told: the gateway answers preflights by the template's `Cors`, functions name the same origin."""

from infra.localstack import TEST_PARAMETERS
from tests.e2e.people import People, Person

ORIGIN = TEST_PARAMETERS["CorsAllowOrigin"]


def test_a_page_of_the_origin_may_book(people: People) -> None:
    asking = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = people.caller().options("/bookings", headers=asking)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert {"authorization", "idempotency-key"} <= set(
        answer.headers["access-control-allow-headers"].lower().split(",")
    )


def test_a_page_of_the_origin_may_read_answers_and_errors(ann: Person, people: People) -> None:
    for answer in (ann.http.get("/users/me"), people.caller().get("/users/me")):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
