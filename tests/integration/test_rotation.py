"""Rotating keys: while it goes on, no function refuses what another one has signed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from booking.accounts.access_tokens import caller_of, issue_access_token
from booking.accounts.guests import guest_id_of, guest_of, issue_guest_token
from booking.caller import Caller, Guest
from booking.errors import Unauthenticated
from booking.runtime import signing
from booking.runtime.aws import client
from booking.runtime.clock import current_instant
from booking.runtime.settings import settings
from booking.runtime.signing import CACHE_SECONDS, SIGNING_KEYS
from infra.cli import CommandError
from infra.operate import rotate_key
from infra.operate.rotate_key import MARGIN, replace_leaked, rotate, rotated
from tests.integration.people import a_client

if TYPE_CHECKING:
    from infra.stack import DeployedStack as Target

PAUSE = timedelta(minutes=15) + MARGIN


@dataclass
class Stack:
    """The stack in this process, as operators' commands see it."""

    name: str = "tests"

    def client(self, service: str) -> Any:
        return client(service)

    def outputs(self) -> dict[str, str]:
        return {"SigningKeySecretArn": settings().signing_key_secret}


STACK = cast("Target", Stack())


@pytest.fixture(autouse=True)
def keys_as_they_were(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rotate_key, "pause", lambda _: PAUSE)
    before = signing_keys()
    yield
    client("secretsmanager").put_secret_value(SecretId=settings().signing_key_secret, SecretString=json.dumps(before))
    SIGNING_KEYS.forget()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock that the age of keys is measured with; `clock.seconds` sets it."""
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(signing, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    SIGNING_KEYS.forget()
    return clock


def signing_keys() -> dict[str, str]:
    stored = client("secretsmanager").get_secret_value(SecretId=settings().signing_key_secret)
    found: dict[str, str] = json.loads(stored["SecretString"])
    return found


def later(wait: timedelta) -> datetime:
    return datetime.now(UTC) + wait + timedelta(minutes=1)


def signed_anew(holder: Caller) -> str:
    """A token of an environment that has just read the keys; this one keeps what it knows."""
    known = signing.SIGNING_KEYS._cached
    SIGNING_KEYS.forget()
    token = issue_access_token(holder, current_instant())
    signing.SIGNING_KEYS._cached = known
    return token


def test_the_first_run_publishes_the_next_key_and_the_second_rotates() -> None:
    before = signing_keys()

    assert rotate(STACK, now=datetime.now(UTC)) is False
    published = signing_keys()
    assert rotate(STACK, now=later(MARGIN)) is True

    lasting = {"guests": before["current"], "links": before["current"]}
    assert published == before | {"next": published["next"]} | lasting
    after = signing_keys()
    assert (after["previous"], after["current"]) == (before["current"], published["next"])
    assert len({*before.values(), *after.values()} - {""}) == 3
    assert len(after["next"]) >= 64


def test_an_environment_that_has_read_the_keys_just_before_accepts_tokens_of_the_new_one(
    clock: SimpleNamespace,
) -> None:
    holder = a_client()
    rotate(STACK, now=datetime.now(UTC))
    clock.seconds += CACHE_SECONDS + 1
    old_token = issue_access_token(holder, current_instant())

    rotate(STACK, now=later(MARGIN))
    new_token = signed_anew(holder)

    assert caller_of(new_token) == holder
    assert caller_of(old_token) == holder


def test_a_key_that_is_published_does_not_sign_yet() -> None:
    rotate(STACK, now=datetime.now(UTC))

    SIGNING_KEYS.forget()
    keys = signing_keys()
    assert SIGNING_KEYS.current().secret == keys["current"]
    assert SIGNING_KEYS.named(signing.SigningKey.of(keys["next"]).kid) is not None


@pytest.mark.parametrize(("runs", "wait"), [(1, MARGIN), (2, PAUSE)], ids=["after the first run", "after a rotation"])
def test_a_run_too_early_is_refused_and_changes_nothing(runs: int, wait: timedelta) -> None:
    for _ in range(runs):
        rotate(STACK, now=later(PAUSE))
    before = signing_keys()

    with pytest.raises(CommandError, match="NOW=1"):
        rotate(STACK, now=datetime.now(UTC) + wait - timedelta(minutes=1))

    assert signing_keys() == before
    assert rotate(STACK, now=later(wait)) is True


def test_a_leaked_key_is_replaced_at_once_by_keys_that_were_never_published() -> None:
    rotate(STACK, now=datetime.now(UTC))
    leaked = signing_keys()

    replace_leaked(STACK)
    once = signing_keys()
    replace_leaked(STACK)

    assert once["previous"] == leaked["current"]
    assert not {once["current"], once["next"]} & set(leaked.values())
    signing_now = {name: key for name, key in signing_keys().items() if name != "guests"}
    assert not set(signing_now.values()) & set(leaked.values())


def test_guests_ids_are_the_same_for_ever() -> None:
    before = guest_id_of("ann@example.com")

    for _ in range(3):
        rotate(STACK, now=later(PAUSE))
    replace_leaked(STACK)
    replace_leaked(STACK)
    rotate(STACK, now=later(PAUSE))

    SIGNING_KEYS.forget()
    assert guest_id_of("ann@example.com") == before


def test_guests_links_outlive_rotations_and_not_a_leaked_key() -> None:
    guest = Guest(guest_id_of("ann@example.com"), "bkg_1")
    token = issue_guest_token(guest.guest_id, "bkg_1")
    of_that_key = issue_access_token(a_client(), datetime.now(UTC))

    for _ in range(4):
        rotate(STACK, now=later(PAUSE))
    SIGNING_KEYS.forget()
    assert guest_of(token) == guest
    with pytest.raises(Unauthenticated):
        caller_of(of_that_key)

    replace_leaked(STACK)
    SIGNING_KEYS.forget()
    with pytest.raises(Unauthenticated):
        guest_of(token)
    newer = issue_guest_token(guest.guest_id, "bkg_1")
    assert guest_of(newer) == guest


def test_the_operator_is_told_what_was_done() -> None:
    now = datetime.now(UTC)

    assert "Run this again in ten minutes" in rotated(STACK, now=now, has_leaked=False)
    assert "is rotated" in rotated(STACK, now=later(MARGIN), has_leaked=False)
    assert "is new" in rotated(STACK, now=now, has_leaked=True)
