"""`make bench` compares what is alike: the usual way answers, stores and logs what ours does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from booking.caller import Caller
from booking.runtime.clock import current_instant
from booking.runtime.signing import SIGNING_KEYS
from booking.slots.rules import Slot
from tests.integration.api import body_of, invoke
from tests.integration.people import HOUR, a_client, a_slot, a_specialist
from tests.integration.tables import stored

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics:UserWarning")  # of the usual way, of a refusal

type LogLines = Callable[[], list[dict[str, Any]]]
type Answer = dict[str, Any]

WAYS = ("bookings.create_booking", "tests.bench.usual")
OF_ITS_OWN = {"id", "booking_id", "slot_id", "sk", "starts", "timer", "created_at"}
OF_ITS_OWN |= {f"{prefix}{end}" for prefix in ("", "slot_") for end in ("start_at", "end_at")} | {"changeable_until"}


@pytest.fixture(autouse=True)
def signing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USUAL_SIGNING_KEY", SIGNING_KEYS.current().secret)


def book(way: str, caller: Caller | None, body: dict[str, Any], **headers: str) -> Answer:
    return invoke(way, "POST", "/bookings", caller=caller, body=json.dumps(body), headers=headers)


def free_slot(of: Caller, starts_in: int) -> Slot:
    return a_slot(of, starts_in * HOUR, now=current_instant())


def alike(item: dict[str, Any]) -> dict[str, Any]:
    """What the items or bodies of two bookings have in common: all names, and the values that both have."""
    return {name: None if name in OF_ITS_OWN else value for name, value in item.items()}


def test_both_answer_and_store_the_same() -> None:
    specialist, client = a_specialist(), replace(a_client(), name="Ann", phone="+49301234")
    slots = [free_slot(specialist, 1), free_slot(specialist, 3)]

    answers = [
        book(way, client, {"slot_id": slot.id, "note": " hello "}) for way, slot in zip(WAYS, slots, strict=True)
    ]

    ours, usual = answers
    assert ours["statusCode"] == usual["statusCode"] == 201
    assert ours["headers"] == usual["headers"]
    assert alike(body_of(ours)) == alike(body_of(usual))
    one, other = stored("bookings")
    assert alike(one) == alike(other)
    booked = [item for item in stored("calendar") if "slot_id" in item]
    assert alike(booked[0]) == alike(booked[1])
    assert {item["booking_id"] for item in booked} == {body_of(answer)["id"] for answer in answers}


def test_both_write_the_same_lines(log_lines: LogLines, capsys: pytest.CaptureFixture[str]) -> None:
    specialist, client = a_specialist(), a_client()

    for hours, way in enumerate(WAYS):
        book(way, client, {"slot_id": free_slot(specialist, 1 + 2 * hours).id})

    ours, usual = log_lines()
    varying = {"timestamp": None, "duration_ms": None, "cold_start": None}
    assert list(ours | varying) == list(usual | varying)
    assert ours | varying == usual | varying
    of_ours, of_usual = (json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line)
    assert of_ours.keys() == of_usual.keys()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"slot_id": "none"}, {}, 404),
        ({}, {}, 422),
        ({"slot_id": "none", "note": "x" * 501}, {}, 422),
        ({"slot_id": "none", "note": "\0"}, {}, 422),
        ({"slot_id": "none", "typo": "x"}, {}, 422),
        ({"slot_id": "none"}, {"Idempotency-Key": "x" * 129}, 422),
        ({"slot_id": "none"}, {"Authorization": "Bearer none"}, 401),
    ],
)
def test_both_refuse_the_same(body: dict[str, Any], headers: dict[str, str], status: int) -> None:
    caller = None if "Authorization" in headers else a_client()

    assert [book(way, caller, body, **headers)["statusCode"] for way in WAYS] == [status, status]
    assert stored("bookings") == []


@pytest.mark.parametrize("way", WAYS)
def test_both_refuse_other_callers_and_a_slot_that_is_booked(way: str) -> None:
    specialist = a_specialist()
    slot = free_slot(specialist, 1)

    answers = [book(way, caller, {"slot_id": slot.id}) for caller in (specialist, None, a_client(), a_client())]

    assert [answer["statusCode"] for answer in answers] == [403, 401, 201, 409]
