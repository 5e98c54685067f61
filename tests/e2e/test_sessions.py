"""Sessions: refresh tokens that are spent, and signing keys that are rotated."""

import json
import secrets
import time
from collections.abc import Iterator

import httpx
import jwt
import pytest

from tests.e2e.deployed import DeployedStack, name_of
from tests.e2e.functions import physical_name, restart
from tests.e2e.people import People, Person, credentials, good
from tests.e2e.refusals import refused

NOTICED_SECONDS = 10
"""A function looks at most once in this time for a key that it does not know."""


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
def rotated(stack: DeployedStack, ann: Person) -> Iterator[str]:
    """The key that signs after a rotation; `ann` has logged in before it. Rotated back at the end."""
    client, secret_id = stack.client("secretsmanager"), stack.outputs()["SigningKeySecretArn"]
    old = json.loads(client.get_secret_value(SecretId=secret_id)["SecretString"])["current"]
    new = secrets.token_urlsafe(48)
    client.put_secret_value(SecretId=secret_id, SecretString=json.dumps({"current": new, "previous": old}))
    yield new
    client.put_secret_value(SecretId=secret_id, SecretString=json.dumps({"current": old, "previous": new}))
    start_login_anew(stack)  # it keeps the key for minutes, and other tests rotate, too


def test_tokens_outlive_a_rotation_of_the_signing_key(
    rotated: str, stack: DeployedStack, ann: Person, people: People
) -> None:
    # A token from before is still accepted.
    assert good(ann.http.get("/users/me"))["id"] == ann.id

    # A new session is signed with the new key once the function has read it.
    start_login_anew(stack)
    session = good(people.caller().post("/auth/login", json=credentials(ann.email)))
    assert jwt.decode(session["access_token"], rotated, algorithms=["HS256"], audience="booking-api")["sub"] == ann.id

    # Other functions look for a key that they do not know, and accept both side by side.
    time.sleep(NOTICED_SECONDS)
    http = people.caller(authorization=f"Bearer {session['access_token']}")
    assert good(http.get("/users/me")) == good(ann.http.get("/users/me"))


def start_login_anew(stack: DeployedStack) -> None:
    restart(stack.client("lambda"), physical_name(stack.client("cloudformation"), name_of(stack), "LogIn"))
