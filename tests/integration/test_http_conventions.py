"""What holds for every route: error shape, request ids, limits of bodies, roles, bad input."""

import itertools
import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from fastapi.routing import APIRoute

from booking.accounts import log_in, recovery_limit, register
from booking.api.middleware import LARGEST_BODY
from booking.runtime import signing
from booking.runtime.clock import current_instant
from booking.runtime.ids import encode_id, new_id
from booking.runtime.settings import settings
from booking.slots.ids import EntryId, SlotId
from infra.app import routers
from infra.openapi import document
from tests.integration.api import Api, bearer, error_of
from tests.integration.people import HOUR, NOW, a_booking, a_client, a_slot, a_specialist, an_admin
from tests.integration.store_calls import Calls, keys_unreachable, refusing, unreachable
from tests.integration.tables import everything_stored, stored

PAGES = {
    *("/book", "/book/{specialist}", "/manage", "/reset-password", "/verify-email", "/desk"),
    *("/pages/{version}/{asset}", "/widget.js"),
}
TABLES = ("users", "calendar", "bookings", "waitlist", "ephemeral")
NULS = "\x00" * 9
CAN_BE: Mapping[str, tuple[object, ...]] = {
    "password": (NULS,),
    "refresh_token": (NULS,),
    "current_password": (NULS,),
    "token": (NULS,),
    "price": (1, 1.5),
    "is_active": (1, True),
    "hours": ([], {}),
}
NOBODY = 'Bearer realm="nobody"'


def routes() -> list[tuple[str, str]]:
    """Every method and path of the OpenAPI document."""
    return [(method, path) for path, operations in document()["paths"].items() for method in operations]


def served() -> list[tuple[str, str]]:
    """Every method and path, also of the pages that the OpenAPI document does not tell of."""
    of_routers = (route for router in routers() for route in router.routes if isinstance(route, APIRoute))
    return [(method.lower(), route.path) for route in of_routers for method in route.methods or ()]


def bodies() -> dict[tuple[str, str], Any]:
    """A body that each route with a body accepts."""
    slot = {"slot_id": "slt_unknown"}
    return {
        ("post", "/auth/register"): {"email": "a@example.com", "password": "12345678"},
        ("post", "/auth/login"): {"email": "a@example.com", "password": "12345678"},
        ("post", "/auth/refresh"): {"refresh_token": "a.b"},
        ("post", "/auth/logout"): {"refresh_token": "a.b"},
        ("post", "/auth/password/forgot"): {"email": "a@example.com"},
        ("post", "/auth/password/reset"): {"token": "a.b", "password": "12345678"},
        ("post", "/auth/email/verify"): {"token": "a.b"},
        ("put", "/users/me/password"): {"current_password": "12345678", "password": "12345678"},
        ("patch", "/users/me"): {"display_name": "Ann"},
        ("delete", "/users/me"): {"password": "12345678"},
        ("patch", "/users/{id}"): {"is_active": False},
        ("post", "/specialists/me/services"): {"title": "Cut", "duration_minutes": 30, "price": "1.00"},
        ("patch", "/specialists/me/services/{id}"): {"title": "Cut"},
        ("patch", "/specialists/me"): {"display_name": "Ann"},
        ("put", "/specialists/me/schedule"): {"hours": {}, "slot_minutes": 30},
        ("put", "/specialists/me/schedule/dates"): {"date_from": "2030-01-01", "date_to": "2030-01-02", "hours": []},
        ("put", "/specialists/me/schedule/dates/{date}"): {"hours": []},
        ("post", "/specialists/me/slots"): {"start_at": "2020-01-01T00:00:00Z", "end_at": "2020-01-01T01:00:00Z"},
        ("post", "/specialists/me/time-off"): {"start_at": "2020-01-01T00:00:00Z", "end_at": "2020-01-01T01:00:00Z"},
        ("post", "/bookings"): slot,
        ("post", "/bookings/guest"): slot | {"name": "Ann", "email": "a@example.com"},
        ("patch", "/bookings/{id}/cancel"): {"reason": "ill"},
        ("patch", "/bookings/{id}/attendance"): {"attendance": "attended"},
        ("post", "/bookings/{id}/confirm"): {"payment_ref": "pi_1"},
        ("patch", "/bookings/{id}/reschedule"): slot,
        ("post", "/bookings/wait-list"): slot,
    }


WITH_BODY = list(bodies())
WITH_ID = [route for route in routes() if re.search(r"\{(\w+_)?id\}", route[1])]


def stored_but_attempts() -> dict[str, list[dict[str, Any]]]:
    """Everything that is stored, save that something was tried."""
    return {table: [item for item in stored(table) if not item.get("pk", "").startswith("rate#")] for table in TABLES}


def filled(path: str, value: str = "unknown") -> str:
    return re.sub(r"\{\w+\}", value, path.replace("{date}", "2030-01-01"))


def test_every_route_with_a_body_is_among_those_tested() -> None:
    with_body = {
        (m, p) for p, operations in document()["paths"].items() for m, o in operations.items() if "requestBody" in o
    }

    assert with_body == set(WITH_BODY)


class TestTokens:
    @pytest.mark.parametrize(
        "authorization", ["Bearer", "Bearer ", "Bearer abc", "Basic YTpi", "abc", "Bearer a.b.c", NOBODY, "Bearer é"]
    )
    def test_a_malformed_token_is_a_401(self, api: Api, authorization: str) -> None:
        response = api.request("GET", "/users/me", headers={"Authorization": authorization.encode("latin-1")})

        body = error_of(response, 401, "invalid_credentials")
        assert body["detail"] == "Could not validate credentials"
        assert response.headers["www-authenticate"] == "Bearer"


class TestRequestIds:
    @pytest.mark.parametrize("request_id", ["a", "A-b_c.9", "x" * 128])
    def test_a_sane_one_is_the_callers_own(self, api: Api, request_id: str) -> None:
        for path, status in (("/health", 200), ("/bookings/me", 401), ("/nothing", 404)):
            response = api.request("GET", path, headers={"X-Request-ID": request_id})

            assert response.status_code == status
            assert response.headers["x-request-id"] == request_id

    @pytest.mark.parametrize("request_id", ["", "a b", "x" * 129, "a/b", "é", "a\tb"])
    def test_another_is_replaced(self, api: Api, request_id: str) -> None:
        response = api.request("GET", "/health", headers={"X-Request-ID": request_id.encode("latin-1")})

        assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", response.headers["x-request-id"])
        assert response.headers["x-request-id"] != request_id

    def test_each_request_has_another(self, api: Api) -> None:
        assert len({api.request("GET", "/health").headers["x-request-id"] for _ in range(3)}) == 3


class TestErrors:
    def test_an_unknown_route_is_a_404(self, api: Api) -> None:
        error_of(api.request("GET", "/nothing/here"), 404, "route_not_found")

    def test_an_unknown_method_is_a_405(self, api: Api) -> None:
        response = api.request("PUT", "/health")
        error_of(response, 405, "method_not_allowed")
        assert response.headers["Allow"] == "GET"

    @pytest.mark.parametrize("outage", [unreachable, lambda: refusing("ThrottlingException")])
    def test_a_store_that_is_out_of_reach_is_a_503_that_says_when_to_come_back(
        self, api: Api, outage: Callable[[], AbstractContextManager[Calls]]
    ) -> None:
        with outage():
            response = api.request("GET", "/users/me", a_client())

        error_of(response, 503, "store_unavailable")
        assert int(response.headers["retry-after"]) >= 1

    def test_contention_that_stays_is_a_503(self, api: Api) -> None:
        start_at = current_instant() + timedelta(days=1)
        times = {"start_at": start_at.isoformat(), "end_at": (start_at + timedelta(hours=1)).isoformat()}
        specialist = a_specialist()

        with refusing("TransactionCanceledException", only="TransactWriteItems", reasons=["TransactionConflict"]):
            response = api.request("POST", "/specialists/me/slots", specialist, json=times)

        error_of(response, 503, "store_unavailable")
        assert int(response.headers["retry-after"]) >= 1

    def test_keys_that_are_out_of_reach_are_a_503(self, api: Api) -> None:
        headers = bearer(a_client())
        signing.SIGNING_KEYS.forget()
        with keys_unreachable():
            response = api.request("GET", "/users/me", headers=headers)

        error_of(response, 503, "store_unavailable")

    @pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
    def test_an_unexpected_failure_is_a_500_that_tells_nothing(self, api: Api, code: str, log_lines: Any) -> None:
        table = settings().users_table
        said = f"arn:aws:iam::1:role/x is not authorized to perform: dynamodb:GetItem on arn:aws:dynamodb:::{table}"

        with refusing(code, message=said):
            response = api.request("GET", "/users/me", a_client())

        body = error_of(response, 500, "internal_error")
        assert body["detail"] == "Internal server error"
        for secret in ("arn", table, code, "Traceback", "dynamodb"):
            assert secret not in response.text
        failed = next(line for line in log_lines() if line["message"] == "request failed")
        assert code in failed["exception"]
        assert failed["request_id"] == body["request_id"]

    @pytest.mark.parametrize("path", ["/users/me", "/nothing", "/health"])
    def test_every_response_is_sent_with_headers_that_protect(self, api: Api, path: str) -> None:
        headers = api.request("GET", path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "max-age" in headers["strict-transport-security"]


class TestBodies:
    @pytest.mark.parametrize(("method", "path"), WITH_BODY)
    def test_an_unknown_field_is_a_422_that_names_it(self, api: Api, method: str, path: str) -> None:
        body = bodies()[method, path] | {"tpyo": "a-value-of-mine"}

        response = api.request(method, filled(path), an_admin(), json=body)

        [problem] = error_of(response, 422, "validation_error")["detail"]
        assert (problem["loc"], problem["type"]) == (["body", "tpyo"], "extra_forbidden")
        assert "a-value-of-mine" not in response.text

    @pytest.mark.parametrize(("method", "path"), WITH_BODY)
    def test_a_value_that_cannot_be_is_a_4xx(self, api: Api, method: str, path: str) -> None:
        before = stored_but_attempts()
        strange: tuple[object, ...] = (1, True, [], {}, 1.5, NULS, "\ud800" * 9, "x" * 10_000)
        for name, wrong in itertools.product(bodies()[method, path], strange):
            if repr(wrong) in map(repr, CAN_BE.get(name, ())):
                continue
            body = bodies()[method, path] | {name: wrong}
            response = api.request(
                method,
                filled(path),
                an_admin(),
                content=json.dumps(body),
                headers={"Content-Type": "application/json"},
            )
            if response.status_code == 404:
                assert name == "slot_id"
                error_of(response, 404, "booking_not_found" if "{id}" in path else "slot_not_found")
            else:
                problems = error_of(response, 422, "validation_error")["detail"]
                assert {problem["loc"][1] for problem in problems} == {name}

        assert stored_but_attempts() == before

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"nonsense",
            b"\xff\xfe\x00",
            b"[]",
            b"null",
            b'"text"',
            b"1e999",
            b"NaN",
            b"[" * 30_000,
            b'{"a":' * 10_000,
            b'{"\\ud800": 1}',
            b'{"slot_id": "\x00"}',
            b'{"slot_id": NaN}',
            b'{"' + b"k" * 10_000 + b'": 1}',
        ],
        ids=lambda content: repr(content[:12]),
    )
    def test_a_body_that_cannot_be_read_is_a_400_or_a_422(self, api: Api, content: bytes) -> None:
        client = a_client()
        for content_type in ("application/json", "text/plain", "multipart/form-data", ""):
            response = api.request("POST", "/bookings", client, content=content, headers={"Content-Type": content_type})

            reasons = {400: "bad_request", 422: "validation_error"}
            error_of(response, response.status_code, reasons[response.status_code])
            assert len(response.content) < 2000

    @pytest.mark.parametrize("path", ["/bookings", "/auth/login"])
    def test_a_body_of_more_than_64_kib_is_a_413(self, api: Api, path: str) -> None:
        response = api.request("POST", path, a_client(), content=b" " * (LARGEST_BODY + 1))

        error_of(response, 413, "body_too_large")

    def test_a_body_of_64_kib_is_read(self, api: Api) -> None:
        body = json.dumps({"slot_id": "x"}).encode()
        response = api.request(
            "POST",
            "/bookings",
            a_client(),
            content=body + b" " * (LARGEST_BODY - len(body)),
            headers={"Content-Type": "application/json"},
        )

        error_of(response, 404, "slot_not_found")

    def test_a_body_that_comes_in_parts_is_measured_as_a_whole(self, api: Api) -> None:
        async def parts() -> Any:
            for _ in range(70):
                yield b" " * 1024

        error_of(api.request("POST", "/bookings", a_client(), content=parts()), 413, "body_too_large")

    @pytest.mark.parametrize(
        ("start_at", "end_at"),
        [
            ("2030-01-01T09:00:00", "2030-01-01T10:00:00"),
            ("2030-01-01", "2030-01-02"),
            ("soon", "later"),
            ("1893456000", "1893459600"),
            (1893456000, 1893459600),
            ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
        ],
    )
    def test_a_timestamp_that_is_none_is_a_422_that_says_so(self, api: Api, start_at: object, end_at: object) -> None:
        response = api.request(
            "POST", "/specialists/me/slots", a_specialist(), json={"start_at": start_at, "end_at": end_at}
        )

        problems = error_of(response, 422, "validation_error")["detail"]
        assert {problem["loc"][-1] for problem in problems} == {"start_at", "end_at"}
        assert str(start_at) not in response.text

    def test_a_timestamp_without_an_offset_is_told_what_it_lacks(self, api: Api) -> None:
        times = {"start_at": "2030-01-01T09:00:00", "end_at": "2030-01-01T10:00:00Z"}

        response = api.request("POST", "/specialists/me/slots", a_specialist(), json=times)

        [problem] = error_of(response, 422, "validation_error")["detail"]
        assert "timezone" in problem["msg"]

    def test_a_422_never_repeats_the_input(self, api: Api) -> None:
        secret = "my-secret-input"
        attempts: list[tuple[str, str, Any]] = [
            ("POST", "/auth/register", {"email": secret, "password": secret[:7], "role": secret}),
            ("POST", "/auth/login", {"email": f"{secret}@", "password": [secret]}),
            ("POST", "/auth/refresh", {"refresh_token": secret * 50}),
        ]
        for method, path, body in attempts:
            response = api.request(method, path, json=body)
            error_of(response, 422, "validation_error")
            assert secret not in response.text

        for path in (f"/specialists?limit={secret}", f"/specialists?cursor={secret}", f"/bookings/me?status={secret}"):
            response = api.request("GET", path, a_client())
            error_of(response, 422, "validation_error")
            assert secret not in response.text


class TestChanges:
    """In a PATCH, what is absent stays as it is."""

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/specialists/me", "time_zone"),
            ("/specialists/me", "locale"),
            ("/users/me", "locale"),
            ("/users/x", "is_active"),
            ("/users/x", "role"),
        ],
    )
    def test_null_is_a_422_where_nothing_can_be_cleared(self, api: Api, path: str, name: str) -> None:
        response = api.request("PATCH", path, an_admin(), json={name: None})

        [problem] = error_of(response, 422, "validation_error")["detail"]
        assert problem["loc"] == ["body", name]


class TestUndeclaredInput:
    """A typo must not be lost silently, on no route but the pages, whose addresses people pass on."""

    @pytest.mark.parametrize(("method", "path"), [route for route in served() if route[1] not in PAGES])
    def test_an_unknown_query_parameter_is_a_422_that_names_it(self, api: Api, method: str, path: str) -> None:
        caller, body = an_admin(), bodies().get((method, path))

        response = api.request(method, f"{filled(path)}?tpyo=a-value-of-mine", caller, json=body)

        [problem] = error_of(response, 422, "validation_error")["detail"]
        assert (problem["loc"], problem["type"]) == (["query", "tpyo"], "extra_forbidden")
        assert "a-value-of-mine" not in response.text

    @pytest.mark.parametrize(
        ("path", "unknown"),
        [
            ("/bookings/me?status=confirmed&limit=5&statuses=confirmed&Limit=5", ["statuses", "Limit"]),
            ("/health?deep=1&deeper=", ["deeper"]),
            ("/specialists?" + "x" * 500 + "=1", ["x" * 100]),
            ("/specialists?%ff=1", ["\ufffd"]),
        ],
    )
    def test_every_unknown_one_beside_known_ones_is_named(self, api: Api, path: str, unknown: list[str]) -> None:
        problems = error_of(api.request("GET", path, a_client()), 422, "validation_error")["detail"]

        assert [problem["loc"] for problem in problems] == [["query", name] for name in unknown]

    @pytest.mark.parametrize(("method", "path"), [route for route in served() if route not in bodies()])
    @pytest.mark.parametrize("content", [b'{"tpyo": 1}', b"{}", b"text"])
    def test_a_body_is_a_422_where_a_route_takes_none(self, api: Api, method: str, path: str, content: bytes) -> None:
        response = api.request(method, filled(path), an_admin(), content=content)

        [problem] = error_of(response, 422, "validation_error")["detail"]
        assert (problem["loc"], problem["type"]) == (["body"], "extra_forbidden")

    def test_a_refused_request_changes_nothing(self, api: Api) -> None:
        specialist, client = a_specialist(), a_client()
        booking, free = a_booking(specialist, client), a_slot(specialist, 5 * HOUR)
        before = everything_stored()

        cancelled = api.request("PATCH", f"/bookings/{booking.id}/cancel?reason=ill", client)
        booked = api.request("POST", "/bookings?dry_run=1", client, json={"slot_id": free.id})

        error_of(cancelled, 422, "validation_error")
        error_of(booked, 422, "validation_error")
        assert everything_stored() == before


class TestIds:
    STRANGE = (
        "x" * 10_000,
        "%00",
        "%ff%fe",
        "%ed%a0%80",
        "a%0d%0ab",
        "bkg_%22",
        "%F0%9F%92%A9",
        "..%2f..",
        "email%23a@example.com",
    )
    NAMES_ANOTHER_ROUTE = "..%2f.."
    REASONS: ClassVar = {
        "/users/{id}": "user_not_found",
        "/specialists/me/slots/{id}": "slot_not_found",
        "/specialists/me/services/{id}": "service_not_found",
        "/specialists/me/time-off/{id}": "time_off_not_found",
        "/specialists/{id}": "specialist_not_found",
        "/bookings/wait-list/{entry_id}": "wait_list_entry_not_found",
        "/bookings/{id}": "booking_not_found",
    }

    @pytest.mark.parametrize(("method", "path"), WITH_ID)
    def test_an_id_that_cannot_exist_is_a_404(self, api: Api, method: str, path: str) -> None:
        for strange in self.STRANGE:
            response = api.request(method, filled(path, strange), an_admin(), json=bodies().get((method, path)))

            if strange == self.NAMES_ANOTHER_ROUTE:
                assert response.json()["error"]["reason"] in {"route_not_found", "method_not_allowed"}
            else:
                error_of(response, 404, self.reason_of(path))

    @pytest.mark.parametrize(("method", "path"), WITH_ID)
    def test_an_id_that_does_not_exist_gets_the_same_answer(self, api: Api, method: str, path: str) -> None:
        """So nobody learns which ids could be."""
        caller, body = an_admin(), bodies().get((method, path))
        headers = {"X-Request-ID": "the-same"}

        answers = [
            api.request(method, filled(path, identity), caller, json=body, headers=headers)
            for identity in (self.possible(path), "x" * 10_000)
        ]

        error_of(answers[0], 404, self.reason_of(path))
        assert answers[0].content == answers[1].content

    def reason_of(self, path: str) -> str:
        """The reason for which a route refuses an id that is none."""
        return next(reason for start, reason in self.REASONS.items() if path.startswith(start))

    def possible(self, path: str) -> str:
        """An id that could name something of the route's, but names nothing."""
        slot = SlotId.new(new_id("spc"), NOW, NOW + HOUR)
        return {
            "user_not_found": new_id("usr"),
            "specialist_not_found": new_id("spc"),
            "slot_not_found": slot.text,
            "service_not_found": new_id("svc"),
            "booking_not_found": new_id("bkg"),
            "time_off_not_found": encode_id("off", bytes(11)),
            "wait_list_entry_not_found": EntryId(slot, new_id("usr")).text,
        }[self.reason_of(path)]


@pytest.fixture(autouse=True)
def plenty_of_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests register and sign in more often than anybody may."""
    for module in (log_in, recovery_limit, register):
        monkeypatch.setattr(module, "count_attempt", lambda *_: None)
