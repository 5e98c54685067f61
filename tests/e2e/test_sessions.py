"""Sessions: refresh tokens that are spent, and signing keys that are rotated."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest

from infra.cli import CommandError
from infra.operate.rotate_key import pause, replace_leaked, rotate
from tests.e2e.deployed import DeployedStack, name_of
from tests.e2e.functions import physical_name, restart
from tests.e2e.people import People, Person, credentials, good
from tests.e2e.refusals import refused

NOTICED_SECONDS = 20
"""A function looks at most once in ten seconds for a key that it does not know."""


def refresh(people: People, token: str) -> httpx.Response:
    return people.caller().post("/auth/refresh", json={"refresh_token": token})


def test_a_refresh_token_is_spent_for_a_new_pair(people: People) -> None:
    ann = people.new("client")
    session = good(refresh(people, ann.refresh_token))
    assert session.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    me = people.caller(authorization=f"Bearer {session['access_token']}").get("/users/me")
    assert good(me)["id"] == ann.id
    good(refresh(people, session["refresh_token"]))


def test_a_spent_token_used_again_ends_its_family(people: People) -> None:
    ann = people.new("client")
    session = good(refresh(people, ann.refresh_token))
    refused(refresh(people, ann.refresh_token), 401, "Could not validate credentials")
    refused(refresh(people, session["refresh_token"]), 401, "Could not validate credentials")


def test_logging_out_ends_the_session_and_may_be_repeated(people: People) -> None:
    ann = people.new("client")
    for _ in range(2):
        answer = people.caller().post("/auth/logout", json={"refresh_token": ann.refresh_token})
        assert answer.status_code == 204
        assert answer.content == b""
    refused(refresh(people, ann.refresh_token), 401)


@pytest.mark.parametrize("token", ["", ".", "a.b", "x" * 500, "a.b.c", "é.é", "refresh#x.y"])
def test_a_refresh_token_that_is_none_is_refused(token: str, people: People) -> None:
    refused(refresh(people, token), 401, "Could not validate credentials")


@pytest.fixture
def keys_put_back(stack: DeployedStack) -> Iterator[None]:
    """At the end, since functions that other tests use keep them for minutes."""
    client = stack.client("secretsmanager")
    arn = stack.outputs()["SigningKeySecretArn"]
    before = client.get_secret_value(SecretId=arn)["SecretString"]
    yield
    client.put_secret_value(SecretId=arn, SecretString=before)
    start_anew(stack, "LogIn", "GetOwnUser")


def test_tokens_outlive_a_rotation_of_the_signing_key(
    keys_put_back: None, stack: DeployedStack, ann: Person, people: People
) -> None:
    before = keys(stack)
    replace_leaked(stack.deployed())
    after = keys(stack)
    assert after["previous"] == before["current"]
    assert after["current"] not in before.values()
    assert len(after["current"]) >= 64

    # A token from before is still accepted, also by a function that reads the keys only now.
    assert good(ann.http.get("/users/me"))["id"] == ann.id
    start_anew(stack, "LogIn", "ListOwnBookings")
    assert good(ann.http.get("/bookings/me")) == []

    # A new session is signed with the new key once the function has read it.
    session = good(people.caller().post("/auth/login", json=credentials(ann.email)))
    assert jwt.decode(session["access_token"], after["current"], ["HS256"], audience="booking-api")["sub"] == ann.id

    # Other functions look for a key that they do not know, and accept both side by side.
    http = people.caller(authorization=f"Bearer {session['access_token']}")
    deadline = time.monotonic() + NOTICED_SECONDS
    while http.get("/users/me").status_code == 401 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert good(http.get("/users/me")) == good(ann.http.get("/users/me"))


def test_a_second_rotation_waits_until_no_valid_token_is_refused(keys_put_back: None, stack: DeployedStack) -> None:
    there = stack.deployed()
    replace_leaked(there)
    rotated = keys(stack)
    with pytest.raises(CommandError, match="NOW=1"):
        rotate(there, now=datetime.now(UTC))
    assert keys(stack) == rotated
    rotate(there, now=datetime.now(UTC) + pause(there) + timedelta(minutes=1))
    assert (keys(stack)["previous"], keys(stack)["current"]) == (rotated["current"], rotated["next"])


def keys(stack: DeployedStack) -> dict[str, str]:
    secret = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs()["SigningKeySecretArn"])
    found: dict[str, str] = json.loads(secret["SecretString"])
    return found


def start_anew(stack: DeployedStack, *functions: str) -> None:
    """A function keeps the keys for minutes."""
    for function in functions:
        restart(stack.client("lambda"), physical_name(stack.client("cloudformation"), name_of(stack), function))
