"""What no client should send: every answer is a 4xx in the contract's shape, never a 5xx."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.deployed import DeployedStack
from tests.e2e.people import ANSWER_SECONDS, People, Person, good
from tests.e2e.refusals import refused, refused_somehow

LONG = "x" * 10_000
REFUSED_BY_HTTP = {400, 431}

ODD_IDS = {
    "long": LONG,
    "NUL": "%00",
    "line break": "a%0d%0ab",
    "half a percent": "%",
    "percent and a letter": "%zz",
    "overlong UTF-8": "%c0%80",
    "lone surrogate": "%ed%a0%80",
    "encoded slash": "a%2fb",
    "encoded dots": "%2e%2e",
    "twice encoded": "%2500",
    "not ASCII": "%f0%9f%92%88",
    "space": "%20",
    "semicolon": "a;b=c",
    "quote": "'%22%3Cscript%3E",
    "our prefix": "slt_" + "A" * 43,
    "our prefix, odd": "bkg_====",
    "expression": "%7B%22S%22:%22x%22%7D",
}
PATHS = {
    "specialist": ("GET", "/specialists/{}"),
    "services": ("GET", "/specialists/{}/services"),
    "schedule": ("GET", "/specialists/{}/schedule"),
    "dates": ("GET", "/specialists/{}/schedule/dates"),
    "service": ("PATCH", "/specialists/me/services/{}"),
    "slots": ("GET", "/specialists/{}/slots"),
    "availability": ("GET", "/specialists/{}/availability"),
    "asset": ("GET", "/docs/{}"),
    "booking": ("GET", "/bookings/{}"),
    "cancel": ("PATCH", "/bookings/{}/cancel"),
    "confirm": ("POST", "/bookings/{}/confirm"),
    "attendance": ("PATCH", "/bookings/{}/attendance"),
    "calendar": ("GET", "/bookings/{}/calendar.ics"),
    "wait": ("DELETE", "/bookings/wait-list/{}"),
    "slot": ("DELETE", "/specialists/me/slots/{}"),
    "time off": ("DELETE", "/specialists/me/time-off/{}"),
    "user": ("PATCH", "/users/{}"),
}
BODIES = {"attendance": b'{"attendance": null}', **dict.fromkeys(("user", "service"), b'{"is_active": true}')}
ASKED_FOR_ALL = ("slot", "time off", "asset")
"""The routes that take an id apart and that open a file. The others compare it with what is stored."""
SOME_IDS = ("NUL", "our prefix")
GOOD_BODIES: Mapping[str, dict[str, object]] = {
    "/auth/register": {"email": "someone@example.com", "password": "long enough"},
    "/auth/login": {"email": "someone@example.com", "password": "long enough"},
    "/auth/refresh": {"refresh_token": "x"},
    "/auth/logout": {"refresh_token": "x"},
    "/specialists/me/services": {"title": "Haircut", "duration_minutes": 30, "price": "25.00"},
    "/specialists/me/slots": {"start_at": "2099-01-01T00:00:00Z", "end_at": "2099-01-01T01:00:00Z"},
    "/specialists/me/time-off": {"start_at": "2099-01-01T00:00:00Z", "end_at": "2099-01-01T01:00:00Z"},
    "/bookings": {"slot_id": "slt_nothing"},
    "/bookings/wait-list": {"slot_id": "slt_nothing"},
}
ODD_VALUES: tuple[object, ...] = (
    None,
    True,
    -1,
    10**400,
    -1.5,
    [],
    {},
    ["x"],
    {"$ne": 1},
    "",
    "\x00",
    "a\x00b",
    LONG,
    "\ud83d",
    "💈" * 500,
)
BROKEN_BODIES = {
    "broken": b'{"email": "a',
    "empty": b"",
    "not JSON": b"hello",
    "null": b"null",
    "a list": b"[1, 2]",
    "a string": b'"x"',
    "a number": b"1e999",
    "NaN": b'{"slot_id": NaN}',
    "NUL": b"\x00",
    "not UTF-8": b'{"slot_id": "\xff\xfe"}',
    "UTF-16": '{"slot_id": "x"}'.encode("utf-16"),
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "many digits": b'{"slot_id": ' + b"9" * 10_000 + b"}",
    "unknown field": b'{"slot_id": "slt_nothing", "email": "a@example.com", "password": "long enough", "admin": true}',
}


@dataclass(frozen=True)
class Answer:
    """An answer to bytes that no client library would send."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def sent_raw(url: str, method: str, target: str, headers: Mapping[str, bytes], body: bytes = b"") -> Answer:
    """Sends the request exactly as given, whatever it is."""
    address = urlsplit(url)
    lines = [f"{method} {target} HTTP/1.1".encode(), b"Host: " + address.netloc.encode(), b"Connection: close"]
    if body:
        lines.append(f"Content-Length: {len(body)}".encode())
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    at = (address.hostname or "", address.port or 80)
    with socket.create_connection(at, ANSWER_SECONDS) as connection:
        connection.sendall(b"\r\n".join([*lines, b"", b""]) + body)
        with http.client.HTTPResponse(connection, method=method) as response:
            response.begin()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())


def check_refused(answer: Answer) -> None:
    """A 4xx in shape; what is not HTTP at all is refused by the server before it reaches us."""
    refused_by_server = answer.status in REFUSED_BY_HTTP and not answer.headers["content-type"].startswith(
        "application"
    )
    if refused_by_server:
        return
    refused_somehow(httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body))


@pytest.mark.parametrize(
    ("route", "odd"), [(route, odd) for route in PATHS for odd in (ODD_IDS if route in ASKED_FOR_ALL else SOME_IDS)]
)
def test_an_id_that_cannot_exist_is_not_found(odd: str, route: str, stack: DeployedStack, people: People) -> None:
    method, path = PATHS[route]
    headers = {"Authorization": f"Bearer {people.admin.token}".encode(), "Content-Type": b"application/json"}
    body = BODIES.get(route, b"")
    answer = sent_raw(stack.url, method, path.format(ODD_IDS[odd]), headers, body)
    check_refused(answer)
    if odd in {"long", "our prefix", "our prefix, odd", "quote", "expression", "not ASCII"}:
        assert answer.status == 404, answer.body


@pytest.mark.parametrize("path", GOOD_BODIES)
def test_a_field_of_the_wrong_type_is_refused(path: str, people: People) -> None:
    for field in GOOD_BODIES[path]:
        for value in ODD_VALUES:
            body = json.dumps({**GOOD_BODIES[path], field: value})
            http = people.admin.http if not path.startswith("/auth") else people.caller()
            answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
            if path == "/auth/logout" and answer.status_code == httpx.codes.NO_CONTENT:
                continue  # a token that is none: the session is over
            refused_somehow(answer)


@pytest.mark.parametrize("broken", BROKEN_BODIES)
@pytest.mark.parametrize("path", ["/auth/login", "/bookings"])
def test_a_broken_body_is_refused(path: str, broken: str, ann: Person) -> None:
    answer = ann.http.post(path, content=BROKEN_BODIES[broken], headers={"Content-Type": "application/json"})
    refused_somehow(answer)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; x=\x7f"]
)
def test_another_media_type_is_refused(media_type: str, ann: Person) -> None:
    answer = ann.http.post("/bookings", content=b"slot_id=slt_nothing", headers={"Content-Type": media_type})
    refused_somehow(answer)


@pytest.mark.parametrize("path", GOOD_BODIES)
def test_a_body_of_a_megabyte_is_too_large(path: str, people: People) -> None:
    answer = people.admin.http.post(path, json={**GOOD_BODIES[path], "more": "x" * 1_000_000})
    refused(answer, 413, reason="body_too_large")


def test_a_body_over_64_kib_is_too_large_and_one_below_is_read(ann: Person) -> None:
    def post(size: int) -> httpx.Response:
        body = b'{"slot_id": "slt_nothing"}'
        return ann.http.post("/bookings", content=body.ljust(size), headers={"Content-Type": "application/json"})

    refused(post(64 * 1024), 404, "Slot not found")
    refused(post(64 * 1024 + 1), 413)


def test_a_body_over_what_the_gateway_takes_is_refused_in_the_same_shape(people: People) -> None:
    answer = people.caller().post("/auth/login", content=b"x" * (11 * 1024 * 1024))
    refused(answer, 413)


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "limit=x", "limit=1e3", "limit=-1", "offset=-1", "offset=201", "offset=%00"),
        *("cursor=", "cursor=x", f"cursor={LONG}", "cursor=a.b.c", "cursor=%00", "limit=1&limit=x", "limit=%ff"),
        *("date=tomorrow", "date=2026-02-30", "date=2026-1-1", "date=%00", "date=0001-01-01", "date=9999-12-31"),
        *("tz=Nowhere/None", "tz=../../etc/passwd", f"tz={LONG}", "tz=%00", "tz=", "tz=/etc/localtime"),
        *("date_from=2030-01-01", "date_to=2030-01-01", "date_from=2030-01-02&date_to=2030-01-01"),
        *("date_from=2030-01-01&date_to=2030-02-01", "date=2030-01-01&date_from=2030-01-01&date_to=2030-01-02"),
        *("is_booked=perhaps", "more=1", "service=svc_nothing"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(query: str, specialist: Person, stack: DeployedStack) -> None:
    target = f"/specialists/{specialist.specialist_id}/slots?{query}"
    answer = sent_raw(stack.url, "GET", target, {})
    check_refused(answer)
    assert answer.status == 422, answer.body


@pytest.mark.parametrize(
    "hours",
    [
        *(None, [], "", 10**400, {"monday": []}, {"mon": {}}, {"mon": [None]}, {"mon": [{}]}, {"mon": ["09:00-12:00"]}),
        *({"mon": [{"from": start, "to": "12:00"}]} for start in ("9:00", "12:00", "-1:00", "09:00:30", "\x00", 540)),
        *({"mon": [{"from": "09:00", "to": end}]} for end in ("24:01", "99:99", "00:00", LONG, None)),
        {"mon": [{"from": "09:00", "to": "12:00"}, {"from": "11:00", "to": "13:00"}]},
        {"mon": [{"from": f"{hour:02}:00", "to": f"{hour:02}:01"} for hour in range(21)]},
    ],
    ids=lambda hours: json.dumps(hours)[:40],
)
def test_hours_that_make_no_sense_are_refused(hours: object, specialist: Person) -> None:
    body = json.dumps({"hours": hours})
    answer = specialist.http.put("/specialists/me/schedule", content=body, headers={"Content-Type": "application/json"})
    refused(answer, 422, reason="validation_error")
    assert good(specialist.http.get("/specialists/me/schedule"))["hours"] == {}


@pytest.mark.parametrize(
    "date", ["2026-03-01T09:00:00", "2026-03-01", "1772355600", "yesterday", "2026-03-01T09:00:00+99:00"]
)
def test_a_time_without_an_offset_is_refused(date: str, specialist: Person) -> None:
    answer = specialist.http.post("/specialists/me/slots", json={"start_at": date, "end_at": "2099-01-01T01:00:00Z"})
    body = refused(answer, 422, reason="validation_error")
    assert [problem["loc"] for problem in body["detail"]] == [["body", "start_at"]]


def test_what_was_sent_is_never_repeated(ann: Person, people: People) -> None:
    secret = "do-not-repeat-me"
    for path, fields in GOOD_BODIES.items():
        answer = people.admin.http.post(path, json={name: [secret] for name in fields})
        refused(answer, 422)
        assert secret not in answer.text
    assert secret not in ann.http.get("/bookings/me", params={"status": secret}).text


def first_letters(value: object) -> str | None:
    return value[:30].decode("latin-1") if isinstance(value, bytes) else None


@pytest.mark.parametrize(
    "value",
    [b"Bearer ", b"Bearer", b"Bearer \xff\xfe", b"Bearer " + b"x" * 60_000, b"Basic YW5uOmFubg=="],
    ids=first_letters,
)
def test_an_authorization_that_is_none_is_a_401(value: bytes, stack: DeployedStack) -> None:
    answer = sent_raw(stack.url, "GET", "/users/me", {"Authorization": value})
    check_refused(answer)
    assert answer.status == 401


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", b"Bearer \x00"),
        ("Content-Length", b"-1"),
        ("Content-Length", b"x"),
        ("Transfer-Encoding", b"nonsense"),
    ],
    ids=first_letters,
)
def test_a_header_that_http_does_not_know_is_a_400(header: str, value: bytes, stack: DeployedStack) -> None:
    answer = sent_raw(stack.url, "GET", "/health", {header: value})
    check_refused(answer)
    assert answer.status == 400


@pytest.mark.parametrize(
    ("header", "value"),
    [("X-Request-ID", b"\xff"), ("X-Request-ID", b"x" * 129), ("Content-Encoding", b"gzip")],
    ids=first_letters,
)
def test_a_header_that_nobody_needs_is_passed_over(header: str, value: bytes, stack: DeployedStack) -> None:
    answer = sent_raw(stack.url, "GET", "/health", {header: value})
    assert (answer.status, json.loads(answer.body)["status"]) == (200, "ok")
    assert answer.headers["x-request-id"].encode("latin-1") != value


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/nowhere"), ("POST", "/"), ("POST", "/health"), ("PUT", "/bookings"), ("DELETE", "/users")),
        *(
            ("GET", "//health"),
            ("GET", "/health/"),
            ("GET", "/v1/health"),
            ("GET", "/bookings/a/b/c"),
            ("TRACE", "/health"),
        ),
        *(("GET", "/health/../users"), ("GET", "/%2e%2e/health"), ("GET", "/HEALTH"), ("BREW", "/health")),
    ],
)
def test_an_unknown_route_is_a_404_from_the_gateway(
    method: str, path: str, stack: DeployedStack, people: People
) -> None:
    for headers in ({}, {"Authorization": f"Bearer {people.admin.token}".encode()}):
        answer = sent_raw(stack.url, method, path, {**headers, "X-Request-ID": b"gateway-test"})
        check_refused(answer)
        assert answer.status in {404, 405}, answer.body


def test_the_callers_request_id_is_kept_when_it_is_sane(people: People) -> None:
    somebody = people.caller()
    sane = somebody.get("/health", headers={"X-Request-ID": "my-own.id_1"})
    assert sane.headers["x-request-id"] == "my-own.id_1"
    for odd in ("x" * 129, "with space", "<script>", ""):
        answer = somebody.get("/users/me", headers={"X-Request-ID": odd})
        body = refused(answer, 401)
        assert body["request_id"] != odd


def test_health_answers_also_deeply(people: People) -> None:
    for path in ("/health", "/health?deep=1"):
        answer = people.caller().get(path)
        assert good(answer).keys() == {"status", "version"}
        assert answer.json()["status"] == "ok"
