"""People who use the API over HTTP, each from a source address of their own, so that rate limits do not mix."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tests.credentials import PASSWORD
from tests.e2e.deployed import DeployedStack

ANSWER_SECONDS = 60.0
SLOT_LENGTH = timedelta(minutes=30)
PAGE = 100
LOOPBACK = {"localhost", "127.0.0.1"}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TLS = httpx.create_ssl_context()
"""Of all clients: to read the authorities costs more than a request, and people have several clients each."""


def free_times() -> Iterator[datetime]:
    """Starts of slots that do not overlap, from about a month ahead, one after the other."""
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=30)
    return (first + number * SLOT_LENGTH for number in itertools.count())


@dataclass
class Person:
    """Somebody signed in; `http` sends their token."""

    id: str
    email: str
    token: str
    refresh_token: str
    http: httpx.Client
    _starts: Iterator[datetime] = field(default_factory=free_times)

    @property
    def specialist_id(self) -> str:
        return self.id.replace("usr_", "spc_", 1)

    def free_time(self) -> datetime:
        """The start of a slot that overlaps no other of this specialist's."""
        return next(self._starts)

    def open_slot(self, start: datetime | None = None, length: timedelta = SLOT_LENGTH) -> str:
        """A new, free slot of this specialist's, far enough ahead."""
        start = start or self.free_time()
        answer = self.http.post("/specialists/me/slots", json=times(start, start + length))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def describe_week(self, opens: str = "08:00", closes: str = "13:00", **rules: int) -> None:
        """From now on this specialist has these hours every day, in UTC."""
        hours = {day: [{"from": opens, "to": closes}] for day in WEEK}
        good(self.http.put("/specialists/me/schedule", json={"hours": hours, **rules}))

    def offer_service(self, minutes: int, **more: object) -> str:
        """A new service of this specialist's."""
        service = {"title": "Haircut", "duration_minutes": minutes, "price": "25.00", **more}
        return str(good(self.http.post("/specialists/me/services", json=service), 201)["id"])

    def free_slots(self, day: date, service_id: str | None = None) -> dict[str, str]:
        """The ids of this specialist's free slots of a UTC day, for a service if one is named, by start ("09:00")."""
        params = {"date": day.isoformat(), "is_booked": "false", "limit": str(PAGE)}
        params |= {"service_id": service_id} if service_id else {}
        slots = good(self.http.get(f"/specialists/{self.specialist_id}/slots", params=params))
        return {slot["start_at"][11:16]: slot["id"] for slot in slots}

    def book(self, slot_id: str, **more: str) -> httpx.Response:
        key = more.pop("key", None)
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post("/bookings", json={"slot_id": slot_id, **more}, headers=headers)

    def booked(self, slot_id: str, **more: str) -> dict[str, Any]:
        """This client's new booking of a free slot."""
        booking: dict[str, Any] = good(self.book(slot_id, **more), 201)
        return booking

    def cancel(self, booking_id: str) -> httpx.Response:
        return self.http.patch(f"/bookings/{booking_id}/cancel")

    def reschedule(self, booking_id: str, slot_id: str) -> httpx.Response:
        return self.http.patch(f"/bookings/{booking_id}/reschedule", json={"slot_id": slot_id})

    def join(self, slot_id: str, **more: str) -> httpx.Response:
        return self.http.post("/bookings/wait-list", json={"slot_id": slot_id, **more})

    def bookings(self, **filters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = good(self.http.get("/bookings/me", params={"limit": str(PAGE), **filters}))
        return found

    def holds(self, slot_id: str, day: date | None = None) -> bool:
        """Whether a confirmed booking of this client's has the slot; with its UTC day, looks at that day's only."""
        days = {"date_from": day.isoformat(), "date_to": day.isoformat()} if day else {}
        for offset in itertools.count(0, PAGE):
            page = self.bookings(status="confirmed", offset=str(offset), **days)
            if any(booking["slot_id"] == slot_id for booking in page):
                return True
            if len(page) < PAGE:
                break
        return False


class People:
    """Makes accounts on the stack under test."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
        self._open = ExitStack()
        self._admin: Person | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def caller(self, address: str | None = None, **headers: str) -> httpx.Client:
        """Somebody who is not signed in, at that address or at one that nobody else has."""
        return self._open.enter_context(http_client(self._stack.url, address, headers))

    def new(self, role: str) -> Person:
        """A new account, signed in."""
        email = unused_email()
        elsewhere = self.caller()
        patiently(lambda: elsewhere.post("/auth/register", json=credentials(email, role=role)), 201)
        return self.signed_in(email)

    def signed_in(self, email: str) -> Person:
        """The account of that address with a new session."""
        elsewhere = self.caller()
        session = patiently(lambda: elsewhere.post("/auth/login", json=credentials(email)), 200)
        http = self.caller(authorization=f"Bearer {session['access_token']}")
        user = good(http.get("/users/me"))
        return Person(user["id"], email, session["access_token"], session["refresh_token"], http)

    def several(self, role: str, number: int) -> list[Person]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda _: self.new(role), range(number)))

    @property
    def admin(self) -> Person:
        """The admin for whatever takes one."""
        if self._admin is None:
            self._admin = self.new_admin()
        return self._admin

    def new_admin(self) -> Person:
        """Another admin, made as the operator makes one: behind the API's back."""
        person = self.new("client")
        self._stack.client("dynamodb").update_item(
            TableName=self._stack.outputs()["UsersTableName"],
            Key={"user_id": {"S": person.id}},
            UpdateExpression="SET #role = :admin",
            ExpressionAttributeNames={"#role": "role"},
            ExpressionAttributeValues={":admin": {"S": "admin"}},
        )
        return self.signed_in(person.email)


def http_client(url: str, address: str | None, headers: dict[str, str]) -> httpx.Client:
    """A client that the stack sees under that source address, where the stack is on this machine."""
    here = urlsplit(url).hostname in LOOPBACK
    transport = httpx.HTTPTransport(
        verify=TLS,
        local_address=(address or unused_address()) if here else None,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
    )
    base = httpx.URL(url).copy_with(host="127.0.0.1") if here else httpx.URL(url)
    return httpx.Client(base_url=base, transport=transport, timeout=ANSWER_SECONDS, headers=headers, trust_env=False)


def unused_address() -> str:
    """All of 127.0.0.0/8 is this machine."""
    return f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"


def unused_email() -> str:
    return f"{secrets.token_hex(8)}@example.com"


def credentials(email: str, **more: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, **more}


def patiently(send: Callable[[], httpx.Response], expected: int) -> dict[str, Any]:
    """The body of a good answer; a stack that sees all callers under one address may ask to wait."""
    answer = send()
    for _ in range(3):
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            break
        time.sleep(int(answer.headers["Retry-After"]))
        answer = send()
    body: dict[str, Any] = good(answer, expected)
    return body


def good(answer: httpx.Response, expected: int = 200) -> Any:
    """The body of an answer that must have this status."""
    assert answer.status_code == expected, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()


def together(calls: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """All calls at the same moment; the answers in the order of the calls."""
    start = Barrier(len(calls))

    def call_at_start(call: Callable[[], httpx.Response]) -> httpx.Response:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call_at_start, calls))


def times(start: datetime, end: datetime) -> dict[str, str]:
    return {"start_at": rfc3339(start), "end_at": rfc3339(end)}


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
