"""Errors as documents, request ids, and what a cursor is made for; no route and no store."""

import json
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from booking import errors
from booking.api.dependencies import public_prefix
from booking.api.errors import REFUSALS, error_response, refusals, status_of
from booking.api.middleware import request_id_of
from booking.api.pagination import Pagination
from booking.runtime.signing import SIGNING_KEYS
from booking.slots.errors import SlotAlreadyBooked, SlotEndsBeforeItStarts, SlotNotFound, SlotStarted


def kinds_of_refusal() -> Iterator[type[errors.BookingError]]:
    """Every refusal that an operation can raise."""
    remaining = errors.BookingError.__subclasses__()
    while remaining:
        kind = remaining.pop()
        remaining += kind.__subclasses__()
        if not kind.__subclasses__():
            yield kind


class TestErrors:
    def test_the_body_has_the_contracts_shape(self) -> None:
        response = error_response(
            request(), HTTPStatus.NOT_FOUND, "slot_not_found", "Slot not found", headers={"X-A": "b"}
        )

        assert json.loads(bytes(response.body)) == {
            "error": {
                "code": "http_404",
                "message": "Slot not found",
                "detail": "Slot not found",
                "reason": "slot_not_found",
            },
            "detail": "Slot not found",
            "request_id": "id",
        }
        assert (response.status_code, response.headers["x-a"]) == (404, "b")

    def test_a_list_of_problems_takes_the_place_of_the_sentence(self) -> None:
        problems = [{"loc": ["body", "a"], "msg": "wrong", "type": "value_error"}]

        response = error_response(
            request(), HTTPStatus.UNPROCESSABLE_ENTITY, "validation_error", "Wrong", detail=problems
        )

        body = json.loads(bytes(response.body))

        assert body["detail"] == body["error"]["detail"] == problems
        assert body["error"]["message"] == "Wrong"

    @pytest.mark.parametrize("refusal", list(kinds_of_refusal()))
    def test_every_refusal_has_a_status_a_sentence_and_a_reason(self, refusal: type[errors.BookingError]) -> None:
        assert 400 <= status_of(refusal) < 600
        assert refusal.sentence[0].isupper() or refusal.sentence.split()[0] in {
            "cursor",
            "date",
            "date_from",
            "date_to",
            "end_at",
            "start_at",
        }
        assert refusal.reason.isidentifier()
        assert refusal.reason.islower()

    def test_reasons_are_each_refusals_own(self) -> None:
        reasons = [kind.reason for kind in kinds_of_refusal() if not issubclass(kind, errors.Invalid)]

        assert len(reasons) == len(set(reasons))

    @pytest.mark.parametrize(
        ("refusal", "status"),
        [
            (SlotNotFound, 404),
            (SlotAlreadyBooked, 409),
            (SlotEndsBeforeItStarts, 422),
            (errors.Unauthenticated, 401),
            (errors.Forbidden, 403),
            (errors.TooManyRequests, 429),
            (errors.StoreUnavailable, 503),
        ],
    )
    def test_the_kind_decides_the_status(self, refusal: type[errors.BookingError], status: int) -> None:
        assert status_of(refusal) == status

    def test_routes_document_what_they_refuse(self) -> None:
        entries = refusals(SlotNotFound, SlotAlreadyBooked, SlotStarted)

        assert entries == {
            404: {REFUSALS: {"slot_not_found": "Slot not found"}},
            409: {REFUSALS: {"slot_already_booked": "Slot already booked", "slot_started": "Slot has already started"}},
        }


class TestRequestIds:
    def scope(self, sent: str | None, gateways: str | None = None) -> dict[str, object]:
        headers = [] if sent is None else [(b"x-request-id", sent.encode("latin-1", "replace"))]
        event = {} if gateways is None else {"aws.event": {"requestContext": {"requestId": gateways}}}
        return {"type": "http", "headers": headers, **event}

    @given(st.from_regex(r"[A-Za-z0-9._-]{1,128}", fullmatch=True))
    def test_a_sane_one_is_kept(self, sent: str) -> None:
        assert request_id_of(self.scope(sent, "gateways")) == sent

    @pytest.mark.parametrize("sent", [None, "", " ", "a b", "a\n", "x" * 129, "é", "../a", "{}", "a\x00"])
    def test_another_gives_way_to_the_gateways_or_a_new_one(self, sent: str | None) -> None:
        assert request_id_of(self.scope(sent, "gateways")) == "gateways"
        assert len(request_id_of(self.scope(sent))) == 36


def request(path: str = "/list", query: str = "", headers: dict[str, str] | None = None, stage: str = "") -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
            "server": ("api.example", 443),
            "scheme": "https",
            "state": {"request_id": "id"},
            "aws.event": {"requestContext": {"path": f"{stage}{path}"} if stage else {}},
        }
    )


class TestCursors:
    def list_of(self, path: str = "/list", query: str = "", subject: str = "") -> str:
        asked = request(path, query)
        if subject:
            asked.state.caller_id = subject
        return Pagination(asked, Response(), "", SIGNING_KEYS, 20, 0, None)._list()

    def test_are_made_for_a_path_its_filters_and_an_owner(self) -> None:
        of = self.list_of("/list", "status=confirmed", "usr_a")

        assert of == self.list_of("/list", "status=confirmed", "usr_a")
        assert of != self.list_of("/other", "status=confirmed", "usr_a")
        assert of != self.list_of("/list", "status=cancelled", "usr_a")
        assert of != self.list_of("/list", "", "usr_a")
        assert of != self.list_of("/list", "status=confirmed", "usr_b")

    def test_do_not_depend_on_the_page_nor_on_the_order_of_filters(self) -> None:
        assert self.list_of(query="a=1&b=2") == self.list_of(query="b=2&a=1")
        assert self.list_of(query="limit=1&cursor=x&a=1&offset=3") == self.list_of(query="a=1")


@pytest.mark.parametrize(
    ("headers", "stage", "prefix"),
    [
        ({}, "", ""),
        ({}, "/v1", "/v1"),
        ({"x-forwarded-prefix": "/api/"}, "/v1", "/api"),
        ({"x-forwarded-prefix": "/"}, "/v1", ""),
        ({"x-forwarded-prefix": ""}, "/v1", ""),
    ],
)
def test_links_begin_where_clients_begin(headers: dict[str, str], stage: str, prefix: str) -> None:
    assert public_prefix(request(headers=headers, stage=stage)) == prefix
