"""One run of the smoke check: how it asks the stack, and what its steps have made so far."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

SLOT_LENGTH = timedelta(minutes=30)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AHEAD = 30
LONGEST_WAIT_SECONDS = 120
LONGEST_LINE = 160
INDEX_SECONDS = 5.0
REASON = re.compile(r"[a-z][a-z0-9_]*")


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
    """The stack, as a caller sees it, and what the steps have made so far.

    Its people have addresses that anybody recognises as the smoke check's: a mailbox of SES that takes mail and bounces
    none. A step whose forerunner failed is skipped.
    """

    api: httpx.Client
    name: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(3)}")
    people: dict[str, Person] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    slots: list[str] = field(default_factory=list)
    hours: dict[str, str] = field(default_factory=dict)
    bookings: list[tuple[str, str]] = field(default_factory=list)
    waited_seconds: int = 0

    def person(self, who: str) -> Person:
        """A person of an earlier step."""
        return self.people.get(who) or pytest.skip(f"there is no {who}")

    def thing(self, what: str) -> str:
        """The id of something that an earlier step made."""
        return self.made.get(what) or pytest.skip(f"there is no {what}")

    def slot(self, number: int) -> str:
        """One of the slots that the specialist opened."""
        return self.slots[number] if number < len(self.slots) else pytest.skip(f"there is no slot {number}")

    def slot_at(self, start: str) -> str:
        """One of the slots from opening hours, by its start ("09:00")."""
        return self.hours.get(start) or pytest.skip(f"there is no slot at {start}")

    def email(self, who: str) -> str:
        """The address of one of this run's people."""
        return f"success+smoke-{self.name}-{who}@simulator.amazonses.com"

    def starts(self, number: int) -> datetime:
        """When the specialist's slots start: far enough ahead, one after the other."""
        day = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=DAYS_AHEAD)
        return day + number * SLOT_LENGTH

    def register(self, who: str, role: str) -> Person:
        """A new account, signed in. It has no display name, so that no public list shows it."""
        email, password = self.email(who), secrets.token_urlsafe(12)
        user = self.ask(201, "POST /auth/register", None, {"email": email, "password": password, "role": role}).json()
        assert (user["role"], user["email"]) == (role, email), "the account is another"
        assert "password" not in str(user).lower(), "the answer carries a password"
        session = self.log_in(email, password)
        person = Person(user["id"], email, password, session["access_token"], session["refresh_token"])
        self.people[who] = person
        return person

    def log_in(self, email: str, password: str) -> Any:
        """A new session."""
        session = self.ask(200, "POST /auth/login", None, {"email": email, "password": password}).json()
        assert session["expires_in"] > 0, "the session has ended already"
        return session

    def ask(
        self,
        expected: int,
        route: str,
        by: Person | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to `route` ("GET /health"), which must have that status.

        Where somebody at this address, such as an earlier run, has used up a rate limit, it waits as told.
        """
        method, path = route.split(" ", 1)
        authorization = {"Authorization": f"Bearer {by.token}"} if by else {}
        answer = self._send(method, path, body, {**authorization, **(headers or {})})
        while answer.status_code == httpx.codes.TOO_MANY_REQUESTS and self.waited_seconds < LONGEST_WAIT_SECONDS:
            seconds = min(retry_after(answer), LONGEST_WAIT_SECONDS)
            self.waited_seconds += seconds
            time.sleep(seconds)
            answer = self._send(method, path, body, {**authorization, **(headers or {})})
        said = re.sub(r"\s+", " ", answer.text)[:LONGEST_LINE]
        assert answer.status_code == expected, f"{route} answered {answer.status_code}, not {expected}: {said}"
        return answer

    def refused(self, expected: int, reason: str, route: str, by: Person | None = None, body: object = None) -> Any:
        """The body of a request that must be refused for that reason, in the shape of all errors."""
        said = error_of(self.ask(expected, route, by, body))
        found = said["error"]["reason"]
        assert found == reason, f"{route} was refused as {found}, not as {reason}"
        return said

    def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> httpx.Response:
        try:
            return self.api.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise AssertionError(f"{method} {path} was not answered: {str(error) or type(error).__name__}") from error


def error_of(answer: httpx.Response) -> Any:
    """The body of an error, which must have the shape of all errors."""
    wrong = f"an error without the shape of all errors: {answer.status_code} {answer.text[:LONGEST_LINE]}"
    try:
        said = answer.json()
        error = said["error"]
    except (KeyError, TypeError, ValueError):
        raise AssertionError(wrong) from None
    assert said.keys() == {"error", "detail", "request_id"}, wrong
    assert error.keys() == {"code", "message", "detail", "reason"}, wrong
    assert error["code"] == f"http_{answer.status_code}", wrong
    assert said["detail"] == error["detail"], wrong
    assert REASON.fullmatch(error["reason"]), wrong
    assert said["request_id"] == answer.headers.get("X-Request-ID"), wrong
    return said


def retry_after(answer: httpx.Response) -> int:
    """The seconds that a 429 says."""
    said = answer.headers.get("Retry-After", "")
    assert said.isdecimal(), f"a 429 whose Retry-After is {said!r}"
    assert int(said) > 0, "a 429 that asks to wait for 0 s"
    return int(said)


def eventually(look: Callable[[], Any]) -> Any:
    """A list that is read from an index, which follows the table within moments."""
    deadline = time.monotonic() + INDEX_SECONDS
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def times(start: datetime) -> dict[str, str]:
    """A slot of the usual length."""
    return {"start_at": rfc3339(start), "end_at": rfc3339(start + SLOT_LENGTH)}


def rfc3339(moment: datetime) -> str:
    """The moment as the API writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
