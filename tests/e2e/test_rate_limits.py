"""Registering and logging in are limited: per source address, failed logins also per account."""

import os
import time
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from tests.e2e.people import People, credentials, together, unused_address, unused_email
from tests.e2e.refusals import refused

REGISTRATIONS = 10
LOGINS = 20
RECOVERIES = 5
FAILURES = 100
WINDOW_SECONDS = 60
TOO_MANY = "Too many requests. Please try again later."


pytestmark = pytest.mark.skipif(
    "BOOKING_E2E_ONE_ADDRESS" in os.environ, reason="the stack sees all callers under one address"
)


def refused_at(limit: int, attempt: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer to the first attempt over the limit; Retry-After is when the first one leaves the window."""
    first_sent = time.monotonic()
    first = attempt()
    first_answered = time.monotonic()
    others = [attempt() for _ in range(limit - 1)]
    assert all(answer.status_code != httpx.codes.TOO_MANY_REQUESTS for answer in (first, *others))
    over = attempt()
    refused(over, 429, TOO_MANY, reason="rate_limited")
    seconds = int(over.headers["retry-after"])
    now = time.monotonic()
    assert WINDOW_SECONDS - (now - first_sent) - 1 <= seconds <= WINDOW_SECONDS - (now - first_answered) + 2
    return over


def test_registrations_are_limited_per_source_address(people: People) -> None:
    crowd, elsewhere = people.caller(), people.caller()
    refused_at(REGISTRATIONS, lambda: crowd.post("/auth/register", json=credentials(unused_email())))
    assert elsewhere.post("/auth/register", json=credentials(unused_email())).status_code == 201


def test_links_to_choose_a_password_are_limited_per_source_address_and_per_address(people: People) -> None:
    crowd, email = people.caller(), unused_email()
    refused_at(RECOVERIES, lambda: crowd.post("/auth/password/forgot", json={"email": unused_email()}))
    refused_at(RECOVERIES, lambda: people.caller().post("/auth/password/forgot", json={"email": email}))


def test_logins_are_limited_per_source_address(people: People) -> None:
    crowd = people.caller()
    refused_at(LOGINS, lambda: crowd.post("/auth/login", json=credentials(unused_email())))


def test_wrong_passwords_from_one_address_do_not_lock_the_owner_out_elsewhere(people: People) -> None:
    email, crowd = people.new("client").email, people.caller()
    wrong = {"email": email.upper(), "password": "not the password"}
    refused_at(LOGINS, lambda: crowd.post("/auth/login", json=wrong))
    assert people.caller().post("/auth/login", json=credentials(email)).status_code == 200


def test_wrong_passwords_are_limited_per_account_over_many_addresses(people: People) -> None:
    email = people.new("client").email
    guess = {"email": email, "password": "not the password"}
    crowd = [people.caller() for _ in range(FAILURES // LOGINS + 1)]
    answers = together(
        [partial(crowd[number % len(crowd)].post, "/auth/login", json=guess) for number in range(FAILURES)]
    )
    assert {answer.status_code for answer in answers} == {401}
    over = people.caller().post("/auth/login", json=credentials(email.upper()))
    refused(over, 429, TOO_MANY)
    assert 0 < int(over.headers["retry-after"]) <= WINDOW_SECONDS


def test_the_source_address_is_not_the_callers_word(people: People) -> None:
    crowd = people.caller()

    def forging() -> httpx.Response:
        forged = unused_address()
        headers = {"X-Forwarded-For": forged, "Forwarded": f"for={forged}", "X-Real-IP": forged}
        return crowd.post("/auth/register", json=credentials(unused_email()), headers=headers)

    refused_at(REGISTRATIONS, forging)


def test_parallel_attempts_are_counted_over_all_execution_environments(people: People) -> None:
    crowd = people.caller()
    attempts = [partial(crowd.post, "/auth/login", json=credentials(unused_email())) for _ in range(LOGINS + 10)]
    answers = together(attempts)
    counted = [answer.status_code for answer in answers]
    assert counted.count(401) == LOGINS
    assert counted.count(429) == 10
