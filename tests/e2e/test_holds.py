"""Holds on a deployed stack: who gets the slot when one ends, and what a confirmation at that moment does."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from tests.e2e.deployed import DeployedStack
from tests.e2e.people import People, Person, good, together
from tests.e2e.refusals import refused
from tests.e2e.sweeps import dispatch, eventually, set_stored

TAKERS = 50
CLIENTS = 8
RACES = 12
IN_A_MOMENT = timedelta(seconds=2)
WITHIN_SECONDS = 60.0
EVERY_SECONDS = 6.0  # longer than a hold is kept after its end; more dispatches would only fill the queue


@pytest.fixture(scope="module")
def clients(people: People) -> list[Person]:
    return people.several("client", CLIENTS)


def held(client: Person, slot: str) -> dict[str, Any]:
    answer = client.http.post("/bookings", json={"slot_id": slot, "hold_seconds": 60})
    booking: dict[str, Any] = good(answer, 201)
    return booking


def confirm(client: Person, booking_id: str, **body: str) -> httpx.Response:
    return client.http.post(f"/bookings/{booking_id}/confirm", json=body)


def end_at(stack: DeployedStack, booking_id: str, ends: datetime) -> None:
    """Lets the hold end then, behind the API's back: the shortest that there is takes a minute."""
    set_stored(stack, booking_id, "hold_expires_at", f"{ends:%Y-%m-%dT%H:%M:%S.%fZ}")


def read(client: Person, booking_id: str) -> dict[str, Any]:
    booking: dict[str, Any] = good(client.http.get(f"/bookings/{booking_id}"))
    return booking


def test_a_hold_is_confirmed_with_the_payments_reference_once(specialist: Person, ann: Person, ben: Person) -> None:
    slot = specialist.open_slot()
    booking = held(ann, slot)

    refused(ben.book(slot), 409, "Slot already booked")
    answers = together([partial(confirm, ann, booking["id"], payment_ref="pi_1") for _ in range(10)])

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert (answers[0].json()["status"], answers[0].json()["payment_ref"]) == ("confirmed", "pi_1")
    refused(confirm(ben, booking["id"]), 403, "Not enough permissions")


def test_of_20_parallel_holds_a_client_gets_5(people: People, specialist: Person) -> None:
    client, slots = people.new("client"), [specialist.open_slot() for _ in range(20)]

    answers = together(
        [partial(client.http.post, "/bookings", json={"slot_id": slot, "hold_seconds": 60}) for slot in slots]
    )

    assert Counter(answer.status_code for answer in answers) == {201: 5, 409: 15}
    for answer in answers:
        if answer.status_code == httpx.codes.CONFLICT:
            refused(answer, 409, "Too many open holds", reason="too_many_open_holds")
    assert len(client.bookings(status="held")) == 5


@pytest.mark.parametrize("kind", ["opened by hand", "from hours"])
def test_at_the_second_when_a_hold_ends_one_of_50_gets_the_slot(
    kind: str, stack: DeployedStack, people: People, ann: Person, clients: list[Person]
) -> None:
    specialist = people.new("specialist")
    if kind == "from hours":
        specialist.describe_week()
        slot = next(iter(specialist.free_slots(specialist.free_time().date()).values()))
    else:
        slot = specialist.open_slot()
    booking = held(ann, slot)
    end_at(stack, booking["id"], datetime.now(UTC) + IN_A_MOMENT)
    time.sleep(IN_A_MOMENT.total_seconds())

    won: list[str] = []
    takers = [partial(clients[number % CLIENTS].book, slot) for number in range(TAKERS)]
    with ThreadPoolExecutor(1) as sweep:
        lapsing = sweep.submit(dispatch, stack, "lapse")
        deadline = time.monotonic() + WITHIN_SECONDS
        while not won and time.monotonic() < deadline:
            answers = together(takers)
            assert {answer.status_code for answer in answers} <= {201, 409}
            won += [answer.json()["id"] for answer in answers if answer.status_code == httpx.codes.CREATED]
        lapsing.result()

    assert len(won) == 1
    assert read(ann, booking["id"])["status"] == "expired"
    refused(confirm(ann, booking["id"]), 409, "Hold has ended")
    (theirs,) = good(specialist.http.get("/bookings/specialists/me", params={"status": "confirmed"}))
    assert theirs["id"] == won[0]


def test_a_confirmation_that_races_the_lapse_confirms_or_the_slot_is_free_never_both(
    stack: DeployedStack, specialist: Person, clients: list[Person]
) -> None:
    lapsed: list[tuple[Person, str, Person, str]] = []
    for number in range(RACES):
        client, waiter = clients[number % CLIENTS], clients[(number + 1) % CLIENTS]
        slot = specialist.open_slot()
        booking = held(client, slot)
        good(waiter.join(slot), 201)
        end_at(stack, booking["id"], datetime.now(UTC) + timedelta(milliseconds=100 * (number % 4)))

        with ThreadPoolExecutor(1) as sweep:
            lapsing = sweep.submit(dispatch, stack, "lapse")
            answer = confirm(client, booking["id"])
            lapsing.result()

        if answer.status_code == httpx.codes.OK:
            dispatch(stack, "lapse")
            assert read(client, booking["id"])["status"] == "confirmed"
            assert not waiter.holds(slot)
        else:
            refused(answer, 409, "Hold has ended")
            lapsed.append((client, booking["id"], waiter, slot))
    for client, booking_id, waiter, slot in lapsed:
        eventually(partial(is_lapsed_by, stack, client, booking_id), WITHIN_SECONDS, every=EVERY_SECONDS)
        assert waiter.holds(slot)
    print(f"of {RACES} confirmations that raced the lapse, it won {len(lapsed)}")


def is_lapsed_by(stack: DeployedStack, client: Person, booking_id: str) -> bool:
    """Whether the hold has lapsed, or else by a dispatch more when it is looked at next."""
    if read(client, booking_id)["status"] == "expired":
        return True
    dispatch(stack, "lapse")
    return False
