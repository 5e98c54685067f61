"""Access tokens: what is accepted, and keys that are rotated."""

import base64
import json
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from booking.accounts.access_tokens import ALGORITHM, AUDIENCE, ISSUER, caller_of, issue_access_token
from booking.caller import Caller
from booking.errors import StoreUnavailable, Unauthenticated
from booking.runtime import signing
from booking.runtime.aws import client
from booking.runtime.clock import current_instant
from booking.runtime.sealing import seal
from booking.runtime.settings import settings
from tests.integration.people import a_client
from tests.integration.store_calls import counted_calls, keys_unreachable


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock that the age of keys is measured with; `clock.seconds` sets it."""
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(signing, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    signing.SIGNING_KEYS.forget()
    return clock


@pytest.fixture(autouse=True)
def keys_as_they_were() -> Iterator[None]:
    secret_id = settings().signing_key_secret
    before = client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
    yield
    client("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=before)
    signing.SIGNING_KEYS.forget()


def rotate() -> None:
    """What an operator does: a new key, the one before it still accepted."""
    secret_id = settings().signing_key_secret
    keys = json.loads(client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"])
    rotated = {"current": secrets.token_hex(32), "previous": keys["current"]}
    client("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=json.dumps(rotated))


def test_a_token_carries_the_name_and_the_phone_and_may_lack_them() -> None:
    holder = replace(a_client(), name="Änn", phone="+49301234")

    assert caller_of(a_token(holder)) == holder
    assert (caller_of(signed()).name, caller_of(signed()).phone) == (None, None)


def a_token(of: Caller) -> str:
    return issue_access_token(of, current_instant())


def signed(
    *,
    secret: str | None = None,
    algorithm: str = ALGORITHM,
    headers: Mapping[str, Any] | None = None,
    **changes: object,
) -> str:
    """A token like ours, but for what is said; None leaves a claim out."""
    now, holder = current_instant(), a_client()
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": holder.user_id,
        "role": "client",
        "email": holder.email,
        "locale": "en",
        "iat": now,
        "exp": now + timedelta(minutes=1),
        "jti": uuid.uuid4().hex,
    } | changes
    key = signing.SIGNING_KEYS.current()
    given = {name: claim for name, claim in claims.items() if claim is not None}
    return jwt.encode(given, secret or key.secret, algorithm=algorithm, headers={"kid": key.kid, **(headers or {})})


def unsigned() -> str:
    """`alg: none`, as the libraries that fall for it write it."""
    header, payload, _ = signed().split(".")
    told = json.loads(base64.urlsafe_b64decode(header + "=="))
    header = base64.urlsafe_b64encode(json.dumps(told | {"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}."


def altered() -> str:
    """Another role in a token that we signed."""
    header, payload, signature = signed().split(".")
    told = json.loads(base64.urlsafe_b64decode(payload + "=="))
    payload = base64.urlsafe_b64encode(json.dumps(told | {"role": "admin"}).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


def past() -> timedelta:
    return timedelta(minutes=-1)


REJECTED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token": lambda: "abc",
    "three empty parts": lambda: "..",
    "no base64": lambda: "é.é.é",
    "a NUL byte": lambda: "\x00",
    "a lone surrogate": lambda: "\ud800.a.b",
    "10,000 characters": lambda: "a" * 10_000,
    "unsigned": unsigned,
    "altered": altered,
    "cut off": lambda: signed()[:-4],
    "signed with another key": lambda: signed(secret="x" * 64),
    "another algorithm": lambda: signed(algorithm="HS384"),
    "an unknown key's name": lambda: signed(headers={"kid": "unknown"}),
    "no key's name": lambda: jwt.encode({}, signing.SIGNING_KEYS.current().secret, algorithm=ALGORITHM),
    "a key's name that is a number": lambda: forged_header(kid=1),
    "another issuer": lambda: signed(iss="somebody"),
    "another audience": lambda: signed(aud="somebody"),
    "expired": lambda: signed(exp=current_instant() + past()),
    "not yet valid": lambda: signed(nbf=current_instant() - past()),
    "no issuer": lambda: signed(iss=None),
    "no audience": lambda: signed(aud=None),
    "no subject": lambda: signed(sub=None),
    "no expiry": lambda: signed(exp=None),
    "no issue time": lambda: signed(iat=None),
    "no id": lambda: signed(jti=None),
    "no role": lambda: signed(role=None),
    "an unknown role": lambda: signed(role="owner"),
    "no e-mail": lambda: signed(email=None),
    "an unknown language": lambda: signed(locale="xx"),
    "a page's cursor": lambda: seal({"user_id": "usr_a"}, "a list", signing.SIGNING_KEYS),
    "signed with the key of public cursors": lambda: signed_with(signing.PUBLIC_KEYS.current()),
}


def signed_with(key: signing.SigningKey) -> str:
    return signed(secret=key.secret, headers={"kid": key.kid})


def forged_header(**header: object) -> str:
    text = json.dumps({"alg": ALGORITHM, "typ": "JWT", **header}).encode()
    return f"{base64.urlsafe_b64encode(text).rstrip(b'=').decode()}.{signed().partition('.')[2]}"


def test_a_token_says_who_its_holder_is() -> None:
    holder = a_client()

    assert caller_of(a_token(holder)) == holder
    assert caller_of(signed()).email.endswith("@example.com")


@pytest.mark.parametrize("make", REJECTED.values(), ids=REJECTED)
def test_a_token_is_rejected(make: Callable[[], str]) -> None:
    with pytest.raises(Unauthenticated):
        caller_of(make())


def test_tokens_differ_although_they_say_the_same() -> None:
    holder = a_client()

    assert a_token(holder) != a_token(holder)


class TestKeys:
    def test_are_read_once_for_many_tokens(self, clock: SimpleNamespace) -> None:
        with counted_calls("secretsmanager") as calls:
            for _ in range(5):
                caller_of(a_token(a_client()))

        assert calls.operations == ["GetSecretValue"]

    def test_are_read_again_when_they_get_old(self, clock: SimpleNamespace) -> None:
        token = a_token(a_client())

        with counted_calls("secretsmanager") as calls:
            clock.seconds += signing.CACHE_SECONDS + 1
            caller_of(token)

        assert calls.operations == ["GetSecretValue"]

    def test_that_were_rotated_still_open_what_they_signed(self, clock: SimpleNamespace) -> None:
        holder = a_client()
        token = a_token(holder)

        rotate()
        signing.SIGNING_KEYS.forget()

        assert caller_of(token) == holder
        assert jwt.get_unverified_header(a_token(holder))["kid"] != jwt.get_unverified_header(token)["kid"]

    def test_that_were_rotated_twice_do_not(self, clock: SimpleNamespace) -> None:
        token = a_token(a_client())

        rotate()
        rotate()
        signing.SIGNING_KEYS.forget()

        with pytest.raises(Unauthenticated):
            caller_of(token)

    def test_that_another_environment_signs_with_already_are_noticed(self, clock: SimpleNamespace) -> None:
        holder = a_client()
        signing.SIGNING_KEYS.current()
        known = signing.SIGNING_KEYS._cached
        rotate()
        signing.SIGNING_KEYS.forget()
        token = a_token(holder)
        signing.SIGNING_KEYS._cached = known

        clock.seconds += signing.REFETCH_SECONDS + 1

        assert caller_of(token) == holder

    def test_that_nobody_knows_are_looked_for_every_ten_seconds_at_most(self, clock: SimpleNamespace) -> None:
        forged = signed(headers={"kid": "unknown"})

        with counted_calls("secretsmanager") as calls:
            for _ in range(30):
                clock.seconds += 1
                with pytest.raises(Unauthenticated):
                    caller_of(forged)

        assert len(calls.operations) <= 3

    def test_out_of_reach_make_the_service_unavailable_and_not_the_token_invalid(self, clock: SimpleNamespace) -> None:
        token = a_token(a_client())
        signing.SIGNING_KEYS.forget()

        with keys_unreachable(), pytest.raises(StoreUnavailable):
            caller_of(token)

    def test_are_named_after_what_they_are(self) -> None:
        assert signing.SigningKey.of("a").kid == signing.SigningKey.of("a").kid != signing.SigningKey.of("b").kid
        assert "a-secret" not in signing.SigningKey.of("a-secret").kid
