"""Cursors: what they hide, and that nothing about them can be changed."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.errors import StoreUnavailable
from booking.runtime.aws import client
from booking.runtime.sealing import SealBroken, seal, unseal
from booking.runtime.settings import settings as names
from booking.runtime.signing import PUBLIC_KEYS, SIGNING_KEYS
from tests.integration.store_calls import keys_unreachable

CONTENT = {"specialist_id": "spc_ann", "sk": "slot#2030-03-01T08:00:00.000000Z"}
PURPOSE = "a list"


@pytest.fixture(autouse=True)
def keys_as_they_were() -> Iterator[None]:
    secret_id = names().signing_key_secret
    before = client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
    yield
    client("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=before)
    SIGNING_KEYS.forget()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(), st.text()), st.text())
def test_what_is_sealed_comes_back_for_the_same_purpose(content: dict[str, str], purpose: str) -> None:
    assert unseal(seal(content, purpose, SIGNING_KEYS), purpose, SIGNING_KEYS) == content


def test_a_seal_shows_nothing_of_its_content() -> None:
    sealed = urlsafe_b64decode(seal(CONTENT, PURPOSE, SIGNING_KEYS) + "==")

    for part in (b"spc_ann", b"slot", b"2030"):  # long enough not to come about by chance
        assert part not in sealed


def test_another_purpose_hides_the_same_content_otherwise() -> None:
    one, other = (urlsafe_b64decode(seal(CONTENT, purpose, SIGNING_KEYS) + "==")[6:] for purpose in ("one", "other"))

    assert sum(a == b for a, b in zip(one, other, strict=True)) < len(one) / 4


def test_a_seal_is_for_one_purpose() -> None:
    with pytest.raises(SealBroken):
        unseal(seal(CONTENT, PURPOSE, SIGNING_KEYS), "another list", SIGNING_KEYS)


def test_no_bit_of_a_seal_can_be_changed() -> None:
    sealed = urlsafe_b64decode(seal(CONTENT, PURPOSE, SIGNING_KEYS) + "==")

    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            unseal(urlsafe_b64encode(changed).rstrip(b"=").decode(), PURPOSE, SIGNING_KEYS)


@pytest.mark.parametrize("length", [0, 1, 5, 6, 7, 21, 22, 23, -1])
def test_a_part_of_a_seal_is_none(length: int) -> None:
    sealed = urlsafe_b64decode(seal(CONTENT, PURPOSE, SIGNING_KEYS) + "==")[:length]

    with pytest.raises(SealBroken):
        unseal(urlsafe_b64encode(sealed).rstrip(b"=").decode(), PURPOSE, SIGNING_KEYS)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é", "\x00", "=", "A" * 1999, "\ud800"])
def test_what_is_no_seal_is_none(text: str) -> None:
    with pytest.raises(SealBroken):
        unseal(text, PURPOSE, SIGNING_KEYS)


def test_a_seal_has_one_spelling() -> None:
    sealed = seal({"a": "b"}, PURPOSE, SIGNING_KEYS)

    for spelling in (sealed + "=", sealed + "\n", sealed[:3] + "!" + sealed[3:]):
        with pytest.raises(SealBroken):
            unseal(spelling, PURPOSE, SIGNING_KEYS)


def test_a_seal_outlives_a_rotation_and_not_two() -> None:
    sealed = seal(CONTENT, PURPOSE, SIGNING_KEYS)

    rotate()
    assert unseal(sealed, PURPOSE, SIGNING_KEYS) == CONTENT
    assert seal(CONTENT, PURPOSE, SIGNING_KEYS) != sealed
    rotate()
    with pytest.raises(SealBroken):
        unseal(sealed, PURPOSE, SIGNING_KEYS)


def test_what_is_sealed_with_one_key_is_none_with_another() -> None:
    for keys, others in ((SIGNING_KEYS, PUBLIC_KEYS), (PUBLIC_KEYS, SIGNING_KEYS)):
        with pytest.raises(SealBroken):
            unseal(seal(CONTENT, PURPOSE, keys), PURPOSE, others)


def test_a_public_seal_reads_no_secret_and_outlives_every_rotation() -> None:
    SIGNING_KEYS.forget()
    sealed = seal(CONTENT, PURPOSE, PUBLIC_KEYS)

    with keys_unreachable():
        assert unseal(sealed, PURPOSE, PUBLIC_KEYS) == CONTENT


def test_a_public_seal_is_one_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal(CONTENT, PURPOSE, PUBLIC_KEYS)
    monkeypatch.setenv("STACK_ID", "another")
    names.cache_clear()
    PUBLIC_KEYS.forget()

    try:
        with pytest.raises(SealBroken):
            unseal(sealed, PURPOSE, PUBLIC_KEYS)
    finally:
        PUBLIC_KEYS.forget()


def test_a_key_that_is_out_of_reach_makes_the_service_unavailable() -> None:
    sealed = seal(CONTENT, PURPOSE, SIGNING_KEYS)
    SIGNING_KEYS.forget()

    with keys_unreachable(), pytest.raises(StoreUnavailable):
        unseal(sealed, PURPOSE, SIGNING_KEYS)


def rotate() -> None:
    keys = json.dumps({"current": secrets.token_hex(32), "previous": SIGNING_KEYS.current().secret})
    client("secretsmanager").put_secret_value(SecretId=names().signing_key_secret, SecretString=keys)
    SIGNING_KEYS.forget()
