"""The smoke check: SMOKE_CHECKLIST.md, executed against any stack over HTTP (`make smoke URL=…`).

It brings its own people, slots and bookings, and takes back what the API can take back: its bookings are cancelled, its
slots deleted, its sessions ended. Accounts and services stay, since the API deletes neither; the addresses are
`success+smoke-<run>-<who>@simulator.amazonses.com`, a mailbox of SES that takes mail and bounces none.

`METRICS_TOKEN` holds the scrapers' token of a stack that asks for one.
"""

import argparse
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

ANSWER_SECONDS = 60.0
LOOPBACK = {"localhost", "127.0.0.1"}
SLOT_LENGTH = timedelta(minutes=30)
DAYS_AHEAD = 30
SLOTS = 3
MOST_WRONG_LOGINS = 120
LONGEST_WAIT_SECONDS = 120
LONGEST_LINE = 160
type Step = Callable[["Run"], None]
NO_SUCH_SLOT = "slt_there-is-no-such-slot"
UNSPOKEN = "a-value-that-no-error-repeats"


class Failed(Exception):
    """The stack did not do what the checklist says; carries the sentence."""


class Missing(Exception):
    """What a step builds on is not there, because the step that makes it failed."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account, signed in."""

    id: str
    email: str
    password: str
    token: str
    refresh_token: str


@dataclass
class Run:
    """One run: the stack's address, and what the steps have made so far."""

    api: httpx.Client
    name: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(3)}")
    people: dict[str, Person] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    slots: list[str] = field(default_factory=list)
    bookings: list[tuple[str, str]] = field(default_factory=list)
    waited_seconds: int = 0

    def person(self, who: str) -> Person:
        """A person of an earlier step."""
        if who not in self.people:
            raise Missing(who)
        return self.people[who]

    def thing(self, what: str) -> str:
        """The id of something that an earlier step made."""
        if what not in self.made:
            raise Missing(what)
        return self.made[what]

    def slot(self, number: int) -> str:
        """One of the slots that the specialist opened."""
        if number >= len(self.slots):
            raise Missing(f"slot {number}")
        return self.slots[number]

    def email(self, who: str) -> str:
        """An address that anybody recognises as the smoke check's."""
        return f"success+smoke-{self.name}-{who}@simulator.amazonses.com"

    def starts(self, number: int) -> datetime:
        """When the specialist's slots start: far enough ahead, one after the other."""
        day = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=DAYS_AHEAD)
        return day + number * SLOT_LENGTH

    def ask(
        self,
        expected: int,
        route: str,
        by: Person | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Sends `route` ("GET /health"); raises Failed unless the status is the expected one."""
        method, path = route.split(" ", 1)
        authorization = {"Authorization": f"Bearer {by.token}"} if by else {}
        answer = self._patiently(method, path, body, {**authorization, **(headers or {})})
        if answer.status_code != expected:
            said = re.sub(r"\s+", " ", answer.text)[:LONGEST_LINE]
            raise Failed(f"{route} answered {answer.status_code}, not {expected}: {said}")
        return answer

    def refused(self, expected: int, reason: str, route: str, by: Person | None = None, body: object = None) -> Any:
        """A request that must be refused for that reason, in the shape of all errors."""
        answer = self.ask(expected, route, by, body)
        said = read_error(answer)
        if said["error"]["reason"] != reason:
            raise Failed(f"{route} was refused as {said['error']['reason']}, not as {reason}")
        return said

    def _patiently(self, method: str, path: str, body: object, headers: dict[str, str]) -> httpx.Response:
        """As long as somebody at this address, such as an earlier run, has used up a rate limit, waits as told."""
        answer = self._send(method, path, body, headers)
        while answer.status_code == httpx.codes.TOO_MANY_REQUESTS and self.waited_seconds < LONGEST_WAIT_SECONDS:
            seconds = min(retry_after(answer), LONGEST_WAIT_SECONDS)
            self.waited_seconds += seconds
            time.sleep(seconds)
            answer = self._send(method, path, body, headers)
        return answer

    def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> httpx.Response:
        try:
            return self.api.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise Failed(f"{method} {path} was not answered: {str(error) or type(error).__name__}") from error


def must(holds: object, sentence: str) -> None:
    """Raises Failed with the sentence unless it holds."""
    if not holds:
        raise Failed(sentence)


def read(answer: httpx.Response) -> Any:
    """The body as JSON."""
    try:
        return answer.json()
    except ValueError:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise Failed(f"{asked} answered {answer.status_code} without JSON: {answer.text[:LONGEST_LINE]!r}") from None


def read_error(answer: httpx.Response) -> Any:
    """The body of an error; raises Failed when it has not the shape of all errors."""
    said = read(answer)
    try:
        error = said["error"]
        in_shape = (
            said.keys() == {"error", "detail", "request_id"}
            and error.keys() == {"code", "message", "detail", "reason"}
            and error["code"] == f"http_{answer.status_code}"
            and said["detail"] == error["detail"]
            and bool(re.fullmatch(r"[a-z][a-z0-9_]*", error["reason"]))
            and said["request_id"] == answer.headers.get("X-Request-ID")
        )
    except (AttributeError, KeyError, TypeError):
        in_shape = False
    must(in_shape, f"an error without the shape of all errors: {answer.status_code} {answer.text[:LONGEST_LINE]}")
    return said


def retry_after(answer: httpx.Response) -> int:
    """The seconds that a 429 says."""
    said = answer.headers.get("Retry-After", "")
    must(said.isdecimal() and int(said) > 0, f"a 429 whose Retry-After is {said!r}")
    return int(said)


# Health and docs


def answers_health(run: Run) -> None:
    """GET /health answers ok and its version."""
    health = read(run.ask(200, "GET /health"))
    must(health.get("status") == "ok", f"its status is {health.get('status')!r}")
    must(health.get("version"), "it does not say its version")


def reads_its_tables(run: Run) -> None:
    """GET /health?deep=1 reads the tables."""
    run.ask(200, "GET /health?deep=1")


def serves_the_openapi_document(run: Run) -> None:
    """GET /openapi.json lists the routes."""
    document = read(run.ask(200, "GET /openapi.json"))
    missing = {"/auth/login", "/bookings", "/specialists/me/slots"} - document.get("paths", {}).keys()
    must(not missing, f"routes are not in it: {sorted(missing)}")


def serves_the_docs(run: Run) -> None:
    """GET /docs and /redoc are pages."""
    for page in ("/docs", "/redoc"):
        answer = run.ask(200, f"GET {page}")
        must("text/html" in answer.headers.get("Content-Type", ""), f"{page} is not HTML")


def serves_metrics(run: Run) -> None:
    """GET /metrics is Prometheus text, or asks for its token."""
    token = os.environ.get("METRICS_TOKEN")
    if token:
        answer = run.ask(200, "GET /metrics", headers={"Authorization": f"Bearer {token}"})
    else:
        answer = run.api.get("/metrics")
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            read_error(answer)
            return
    must(answer.status_code == httpx.codes.OK, f"GET /metrics answered {answer.status_code}")
    must("# TYPE http_requests_total counter" in answer.text, "http_requests_total is not there")


# Auth


def registers_a_client(run: Run) -> None:
    """A client registers, logs in, and the answer has no password."""
    join(run, "client", "client")


def registers_a_second_client(run: Run) -> None:
    """A second client registers."""
    join(run, "second-client", "client")


def refuses_a_taken_address(run: Run) -> None:
    """A taken address is a 409, in capitals too."""
    email = run.person("client").email.upper()
    body = {"email": email, "password": secrets.token_urlsafe(12)}
    said = run.refused(409, "email_taken", "POST /auth/register", None, body)
    must(said["detail"] == "User with this email already exists", f"it says {said['detail']!r}")


def refuses_a_wrong_password(run: Run) -> None:
    """A wrong password and an unknown address get the same 401."""
    known, unknown = run.person("client").email, run.email("nobody")
    said = [
        run.refused(401, "invalid_login", "POST /auth/login", None, {"email": email, "password": "not the password"})
        for email in (known, unknown)
    ]
    must(said[0]["error"] == said[1]["error"], "the answer tells whether the address has an account")


def says_who_is_signed_in(run: Run) -> None:
    """GET /users/me says who is signed in."""
    client = run.person("client")
    user = read(run.ask(200, "GET /users/me", client))
    must(user["email"] == client.email and user["role"] == "client", "it is somebody else")
    must("password" not in str(user).lower(), "it carries a password")


def refreshes_a_session_once(run: Run) -> None:
    """A refresh token works once; a spent one ends its family."""
    client = run.person("client")
    session = log_in(run, client.email, client.password)
    spent = session["refresh_token"]
    fresh = read(run.ask(200, "POST /auth/refresh", None, {"refresh_token": spent}))["refresh_token"]
    for token, name in ((spent, "a spent token was accepted"), (fresh, "its family went on after a spent token")):
        answer = run.api.post("/auth/refresh", json={"refresh_token": token})
        must(answer.status_code == httpx.codes.UNAUTHORIZED, name)


def logs_out(run: Run) -> None:
    """After logout the refresh token is a 401."""
    client = run.person("client")
    token = log_in(run, client.email, client.password)["refresh_token"]
    run.ask(204, "POST /auth/logout", None, {"refresh_token": token})
    run.ask(401, "POST /auth/refresh", None, {"refresh_token": token})


# Specialist set-up


def registers_a_specialist(run: Run) -> None:
    """A specialist registers and has a profile at once."""
    specialist = join(run, "specialist", "specialist")
    profile = read(run.ask(200, "GET /specialists/me", specialist))
    run.made["specialist"] = profile["id"]
    must(read(run.ask(200, f"GET /specialists/{profile['id']}")) == profile, "others see another profile")


def offers_a_service(run: Run) -> None:
    """A service is offered and listed."""
    service = {"title": "Smoke check", "duration_minutes": 30, "price": "25.00"}
    made = read(run.ask(201, "POST /specialists/me/services", run.person("specialist"), service))
    run.made["service"] = made["id"]
    must(made["price"] == "25.00", f"its price is {made['price']!r}")
    offered = read(run.ask(200, f"GET /specialists/{run.thing('specialist')}/services"))
    must([made["id"]] == [service["id"] for service in offered], "the list of services does not show it")


def opens_slots(run: Run) -> None:
    """Slots are opened."""
    specialist = run.person("specialist")
    for number in range(SLOTS):
        slot = read(run.ask(201, "POST /specialists/me/slots", specialist, times(run.starts(number))))
        run.slots.append(slot["id"])
        must(slot["is_booked"] is False, "a new slot is booked")


def refuses_overlapping_slots(run: Run) -> None:
    """An overlapping slot is a 409."""
    run.slot(0)
    body = times(run.starts(0) + SLOT_LENGTH / 2)
    run.refused(409, "slot_overlaps", "POST /specialists/me/slots", run.person("specialist"), body)


def shows_its_calendar(run: Run) -> None:
    """Slots and availability of the day are right."""
    specialist, day = run.thing("specialist"), run.starts(0).date().isoformat()
    slots = read(run.ask(200, f"GET /specialists/{specialist}/slots?date={day}"))
    must([slot["id"] for slot in slots] == run.slots, "the day's slots are others")
    (availability,) = read(run.ask(200, f"GET /specialists/{specialist}/availability?date_from={day}&days=1"))
    free = {"date": day, "total_slots": SLOTS, "free_slots": SLOTS, "booked_slots": 0}
    must(availability == free, f"the day's availability is {availability}")


# Booking flow


def books_a_slot(run: Run) -> None:
    """A client books a slot; the same Idempotency-Key books no second."""
    wanted = {"slot_id": run.slot(0), "service_id": run.thing("service")}
    client, key = run.person("client"), {"Idempotency-Key": f"smoke-{run.name}"}
    booking = read(run.ask(201, "POST /bookings", client, wanted, key))
    run.made["booking"] = booking["id"]
    run.bookings.append(("client", booking["id"]))
    must(booking["status"] == "confirmed", f"its status is {booking['status']!r}")
    must(read(run.ask(201, "POST /bookings", client, wanted, key)) == booking, "a repeated request booked again")


def shows_the_booking(run: Run) -> None:
    """Client and specialist find the booking."""
    booking_id, client = run.thing("booking"), run.person("client")
    booking = read(run.ask(200, f"GET /bookings/{booking_id}", client))
    must(booking["id"] == booking_id and booking["slot_id"] == run.slot(0), "it is another booking")
    mine = eventually(lambda: read(run.ask(200, "GET /bookings/me", client)))
    must([found["id"] for found in mine] == [booking_id], "the client's list does not show it")
    theirs = eventually(lambda: read(run.ask(200, "GET /bookings/specialists/me", run.person("specialist"))))
    must([found["client_email"] for found in theirs] == [client.email], "the specialist's list does not show it")


def books_a_slot_once(run: Run) -> None:
    """A second client gets 409 for the same slot."""
    run.thing("booking")
    body = {"slot_id": run.slot(0)}
    run.refused(409, "slot_already_booked", "POST /bookings", run.person("second-client"), body)


def exports_the_booking(run: Run) -> None:
    """The booking's calendar.ics is a calendar."""
    answer = run.ask(200, f"GET /bookings/{run.thing('booking')}/calendar.ics", run.person("client"))
    must("text/calendar" in answer.headers.get("Content-Type", ""), "it is not text/calendar")
    must(answer.text.startswith("BEGIN:VCALENDAR"), "it is no calendar")


def puts_the_second_in_line(run: Run) -> None:
    """The second client joins the wait-list."""
    run.thing("booking")
    second = run.person("second-client")
    entry = read(run.ask(201, "POST /bookings/wait-list", second, {"slot_id": run.slot(0)}))
    run.made["entry"] = entry["id"]
    entries = eventually(lambda: read(run.ask(200, "GET /bookings/wait-list/me", second)))
    must([found["id"] for found in entries] == [entry["id"]], "the client's wait-list does not show it")


def reschedules_and_promotes(run: Run) -> None:
    """The booking moves; the first in line gets the freed slot."""
    run.thing("entry")
    booking_id = run.thing("booking")
    move = f"PATCH /bookings/{booking_id}/reschedule"
    moved = read(run.ask(200, move, run.person("client"), {"slot_id": run.slot(1)}))
    must(moved["id"] == booking_id and moved["slot_id"] == run.slot(1), "the booking is not in its new slot")
    second = run.person("second-client")
    promoted = eventually(lambda: read(run.ask(200, "GET /bookings/me?status=confirmed", second)))
    must([found["slot_id"] for found in promoted] == [run.slot(0)], "the first in line did not get the freed slot")
    run.bookings.append(("second-client", promoted[0]["id"]))


def cancels_the_booking(run: Run) -> None:
    """The booking is cancelled, twice alike, and its slot is free."""
    cancel, client = f"PATCH /bookings/{run.thing('booking')}/cancel", run.person("client")
    cancelled = read(run.ask(200, cancel, client))
    must(cancelled["status"] == "cancelled" and cancelled["cancelled_at"], "it is not cancelled")
    must(read(run.ask(200, cancel, client)) == cancelled, "cancelling it again is another answer")
    day = run.starts(0).date().isoformat()
    slots = read(run.ask(200, f"GET /specialists/{run.thing('specialist')}/slots?date={day}"))
    booked = {slot["id"]: slot["is_booked"] for slot in slots}
    must(run.slot(1) in booked and not booked[run.slot(1)], "its slot is not free again")


# Access rules


def asks_for_a_token(run: Run) -> None:
    """No token and a false token are 401 with WWW-Authenticate."""
    for headers in ({}, {"Authorization": "Bearer not-a-token"}):
        answer = run.ask(401, "GET /users/me", headers=headers)
        must(read_error(answer)["detail"] == "Could not validate credentials", "the sentence is another")
        scheme = answer.headers.get("WWW-Authenticate") or answer.headers.get("x-amzn-Remapped-WWW-Authenticate", "")
        must(scheme.startswith("Bearer"), "WWW-Authenticate is not Bearer")


def keeps_roles_apart(run: Run) -> None:
    """Clients open no slots, specialists book none, neither lists users."""
    client, specialist = run.person("client"), run.person("specialist")
    run.refused(403, "not_enough_permissions", "POST /specialists/me/slots", client, times(run.starts(SLOTS)))
    run.refused(403, "not_enough_permissions", "POST /bookings", specialist, {"slot_id": run.slot(2)})
    for person in (client, specialist):
        run.refused(403, "not_enough_permissions", "GET /users", person)


def keeps_strangers_out(run: Run) -> None:
    """A stranger can neither read nor cancel a booking."""
    stranger = run.person("second-client")
    booking = run.thing("booking")
    run.ask(403, f"GET /bookings/{booking}", stranger)
    run.ask(403, f"PATCH /bookings/{booking}/cancel", stranger)


def makes_no_admins(run: Run) -> None:
    """Nobody registers as admin."""
    body = {"email": run.email("admin"), "password": secrets.token_urlsafe(12), "role": "admin"}
    run.ask(422, "POST /auth/register", None, body)


# Error shape


def shapes_unknown_routes(run: Run) -> None:
    """An unknown route is a 404 in the shape of all errors."""
    read_error(run.ask(404, "GET /there/is/no/such/route"))


def shapes_unknown_ids(run: Run) -> None:
    """An unknown slot is a 404 with its reason."""
    run.refused(404, "slot_not_found", "POST /bookings", run.person("client"), {"slot_id": NO_SUCH_SLOT})


def shapes_invalid_bodies(run: Run) -> None:
    """An invalid body is a 422 that lists what is wrong and repeats nothing."""
    answer = run.ask(422, "POST /bookings", run.person("client"), {"slot_id": "x", "slotid": UNSPOKEN})
    said = read_error(answer)
    must(said["error"]["reason"] == "validation_error", f"its reason is {said['error']['reason']!r}")
    listed = said["detail"] and all(entry.keys() == {"loc", "msg", "type"} for entry in said["detail"])
    must(listed, "it does not list what is wrong")
    must(UNSPOKEN not in answer.text, "it repeats the input")


def keeps_the_request_id(run: Run) -> None:
    """The caller's X-Request-ID comes back, in the error too."""
    mine = f"smoke-{run.name}"
    answer = run.ask(401, "GET /users/me", headers={"X-Request-ID": mine})
    must(answer.headers.get("X-Request-ID") == mine, "the answer carries another id")
    must(read_error(answer)["request_id"] == mine, "the error carries another id")


# Rate limit


def limits_logins(run: Run) -> None:
    """Wrong logins end in a 429 with Retry-After."""
    # At an account of this run's own; for at most one window they also count for this address.
    body = {"email": run.email("locked-out"), "password": "not the password"}
    for _ in range(MOST_WRONG_LOGINS):
        answer = run.api.post("/auth/login", json=body)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            said = read_error(answer)
            must(said["detail"] == "Too many requests. Please try again later.", f"it says {said['detail']!r}")
            retry_after(answer)
            return
        must(answer.status_code == httpx.codes.UNAUTHORIZED, f"a wrong login was answered {answer.status_code}")
    raise Failed(f"{MOST_WRONG_LOGINS} wrong logins in a row were let through")


# What is left


def takes_back_what_it_made(run: Run) -> None:
    """Bookings are cancelled, slots deleted, sessions ended."""
    # All that can be, also when some of it cannot.
    problems = [
        *(problem(run, 200, f"PATCH /bookings/{booking_id}/cancel", who) for who, booking_id in run.bookings),
        *(problem(run, 204, f"DELETE /specialists/me/slots/{slot_id}", "specialist") for slot_id in run.slots),
        *(problem(run, 204, "POST /auth/logout", who) for who in run.people),
    ]
    for failure in problems:
        if failure:
            raise failure


def problem(run: Run, expected: int, route: str, who: str) -> Failed | None:
    """Why it could not be taken back."""
    person = run.person(who)
    try:
        run.ask(expected, route, person, {"refresh_token": person.refresh_token} if "logout" in route else None)
    except Failed as failure:
        return failure
    return None


CHECKLIST: dict[str, tuple[Step, ...]] = {
    # A step is called by its docstring.
    "Health and docs": (
        answers_health,
        reads_its_tables,
        serves_the_openapi_document,
        serves_the_docs,
        serves_metrics,
    ),
    "Auth": (
        registers_a_client,
        registers_a_second_client,
        refuses_a_taken_address,
        refuses_a_wrong_password,
        says_who_is_signed_in,
        refreshes_a_session_once,
        logs_out,
    ),
    "Specialist set-up": (
        registers_a_specialist,
        offers_a_service,
        opens_slots,
        refuses_overlapping_slots,
        shows_its_calendar,
    ),
    "Booking flow": (
        books_a_slot,
        shows_the_booking,
        books_a_slot_once,
        exports_the_booking,
        puts_the_second_in_line,
        reschedules_and_promotes,
        cancels_the_booking,
    ),
    "Access rules": (
        asks_for_a_token,
        keeps_roles_apart,
        keeps_strangers_out,
        makes_no_admins,
    ),
    "Error shape": (
        shapes_unknown_routes,
        shapes_unknown_ids,
        shapes_invalid_bodies,
        keeps_the_request_id,
    ),
    "Rate limit": (limits_logins,),
    "Tidying up": (takes_back_what_it_made,),
}


def check(api: httpx.Client) -> list[str]:
    """Runs the checklist and prints a line for each step; the sentences of the steps that failed."""
    run = Run(api)
    width = max(len(name_of(step)) for steps in CHECKLIST.values() for step in steps)
    failures = []
    for section, steps in CHECKLIST.items():
        print(f"\n{section}")
        for step in steps:
            started = time.monotonic()
            result, why = carry_out(step, run)
            milliseconds = (time.monotonic() - started) * 1000
            print(f"  {result:<7}  {name_of(step):<{width}}  {milliseconds:>6.0f} ms", flush=True)
            if result == "FAILED":
                print(f"           {why}")
                failures.append(f"{section}: {name_of(step)}: {why}")
    print(f"\n{epilogue(run)}")
    return failures


def name_of(step: Step) -> str:
    """The step as SMOKE_CHECKLIST.md calls it."""
    return (step.__doc__ or "").strip().rstrip(".")


def carry_out(step: Step, run: Run) -> tuple[str, str]:
    """What became of a step, and why it failed."""
    try:
        step(run)
    except Missing as missing:
        return "skipped", f"there is no {missing}"
    except Failed as failure:
        return "FAILED", str(failure)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as surprise:
        return "FAILED", f"an answer is not as the contract says ({type(surprise).__name__}: {surprise})"
    except httpx.HTTPError as error:
        return "FAILED", f"no answer: {str(error) or type(error).__name__}"
    return "ok", ""


def epilogue(run: Run) -> str:
    """What remains on the stack, and what took time."""
    waited = f"Waited {run.waited_seconds} s for rate limits of earlier runs. " if run.waited_seconds else ""
    addresses = ", ".join(person.email for person in run.people.values())
    return f"{waited}What the API cannot delete remains: the accounts {addresses or '(none)'} and a service."


def join(run: Run, who: str, role: str) -> Person:
    """A new account, signed in."""
    email, password = run.email(who), secrets.token_urlsafe(12)
    user = read(run.ask(201, "POST /auth/register", None, {"email": email, "password": password, "role": role}))
    must(user["role"] == role and user["email"] == email, "the account is another")
    must("password" not in str(user).lower(), "the answer carries a password")
    session = log_in(run, email, password)
    person = Person(user["id"], email, password, session["access_token"], session["refresh_token"])
    run.people[who] = person
    return person


def log_in(run: Run, email: str, password: str) -> Any:
    """A new session."""
    session = read(run.ask(200, "POST /auth/login", None, {"email": email, "password": password}))
    must(session["expires_in"] > 0, "the session has ended already")
    return session


def eventually(look: Callable[[], Any], seconds: float = 5) -> Any:
    """A list that is read from an index, which follows the table within moments."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def times(start: datetime) -> dict[str, str]:
    """A slot of the usual length."""
    return {"start_at": rfc3339(start), "end_at": rfc3339(start + SLOT_LENGTH)}


def rfc3339(moment: datetime) -> str:
    """The moment as the API writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def caller(url: str) -> httpx.Client:
    """An HTTP client for that base URL; a stack on this machine is reached without a proxy."""
    parsed = httpx.URL(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Failed(f"{url!r} is not a base URL, such as http://localhost:8000")
    return httpx.Client(base_url=url, timeout=ANSWER_SECONDS, trust_env=parsed.host not in LOOPBACK)


def main(arguments: Sequence[str] | None = None) -> int:
    """1 and the failing steps' names on stderr when something failed."""
    options = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    options.add_argument("url", help="base URL of the stack, with its stage if it has one")
    url = options.parse_args(arguments).url.rstrip("/")
    print(f"Smoke check of {url}")
    try:
        with caller(url) as api:
            failures = check(api)
    except Failed as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    print("FAILED" if failures else "All passed.")
    return 1 if failures else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
