"""`make claim-slots`: slots that were opened before there were hour records take their time."""

from collections.abc import Callable
from typing import Any

import pytest

from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.caller import Caller
from booking.dynamodb.transaction import Transaction
from booking.slots import opened as opening
from booking.slots.claim_opened import Outcome
from booking.slots.hours import claim_minutes
from booking.slots.rules import Slot
from booking.slots.time_off import create_time_off
from infra.operate.claim_slots import claim_slots
from tests.integration.opening_hours import opened, slot_at, taken
from tests.integration.operated import Moto
from tests.integration.people import DAY, HOUR, MINUTE, NOW, SECOND, a_client, a_slot, a_specialist
from tests.integration.store_calls import just_before
from tests.integration.tables import change_stored, everything_stored, slot_key_of, stored_in_calendar

type Open = Callable[..., Slot]


@pytest.fixture
def a_former_slot(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a slot as the release before did."""

    def open_without_hours(*args: Any) -> Slot:
        with monkeypatch.context() as before:
            before.setattr(opening, "claim_minutes", lambda *_: [])
            slot = a_slot(*args)
        change_stored("calendar", slot_key_of(slot.id), claimed=None)
        return slot

    return open_without_hours


@pytest.fixture
def specialist() -> Caller:
    """Open on this Friday from nine to twelve."""
    return opened(a_specialist())


def run() -> tuple[dict[Outcome, int], list[str]]:
    said: list[str] = []
    return dict(claim_slots(Moto(), NOW, said.append)), said


def test_what_was_opened_before_is_taken_afterwards_and_a_second_run_changes_nothing(
    specialist: Caller, a_former_slot: Open
) -> None:
    a_former_slot(specialist, 2 * HOUR, 30 * MINUTE)
    over_midnight = a_former_slot(specialist, 15 * HOUR, 2 * HOUR)
    booked = a_former_slot(specialist, 30 * HOUR, HOUR)
    create_booking(a_client(), Wish(booked.id), NOW)
    assert taken(specialist) == {}

    assert run() == ({Outcome.CLAIMED: 3}, [])

    assert taken(specialist) == {
        "10": set(range(30)),
        "14": set(range(60)),
        "23": set(range(60)),
        "00": set(range(60)),
    }
    before = everything_stored()
    assert run() == ({}, [])
    assert everything_stored() == before
    delete_slot(specialist, over_midnight.id, NOW)
    assert taken(specialist).keys() == {"10", "14"}


def test_slots_of_now_and_those_that_have_ended_are_left_alone(specialist: Caller, a_former_slot: Open) -> None:
    a_slot(specialist, 2 * HOUR)
    a_former_slot(specialist, HOUR, HOUR, NOW - DAY)
    before = everything_stored()

    assert run() == ({}, [])

    assert everything_stored() == before


def test_slots_that_touch_within_a_minute_take_it_once_whoever_comes_first(
    specialist: Caller, a_former_slot: Open
) -> None:
    a_former_slot(specialist, 5 * HOUR, 30 * MINUTE + 30 * SECOND)
    a_slot(specialist, 5 * HOUR + 30 * MINUTE + 30 * SECOND, 10 * MINUTE)
    a_former_slot(specialist, 5 * HOUR + 40 * MINUTE + 30 * SECOND, 5 * MINUTE)

    assert run()[1] == []

    assert taken(specialist) == {"13": set(range(46))}
    assert run() == ({}, [])


@pytest.mark.parametrize("what", ["a booking", "a booking of all of it", "time off", "some minute"])
def test_a_slot_whose_time_something_else_has_is_named_and_left_as_it_is(
    what: str, specialist: Caller, a_former_slot: Open
) -> None:
    slot = a_former_slot(specialist, HOUR, HOUR if what == "a booking of all of it" else 90 * MINUTE)
    if what == "time off":
        create_time_off(specialist, NOW + HOUR, NOW + HOUR + 5 * MINUTE, NOW)
    elif what == "some minute":
        transaction = Transaction()
        claim_minutes(transaction, specialist.specialist_id, {NOW + HOUR: frozenset({7})})
        transaction.commit()
    else:
        create_booking(a_client(), Wish(slot_at(specialist, "09:00")), NOW)
    before = everything_stored()

    counts, said = run()

    assert counts == {Outcome.CONFLICT: 1}
    assert [line.split()[-1] for line in said] == [slot.id]
    assert everything_stored() == before


def test_a_slot_that_is_deleted_meanwhile_takes_nothing(specialist: Caller, a_former_slot: Open) -> None:
    slot = a_former_slot(specialist, 2 * HOUR)

    with just_before("TransactWriteItems", lambda: delete_slot(specialist, slot.id, NOW)):
        assert run() == ({Outcome.UNCHANGED: 1}, [])

    assert taken(specialist) == {}
    assert stored_in_calendar("slot") == []


def test_a_booking_that_comes_meanwhile_is_seen(specialist: Caller, a_former_slot: Open) -> None:
    slot = a_former_slot(specialist, HOUR)

    with just_before("TransactWriteItems", lambda: create_booking(a_client(), Wish(slot_at(specialist, "09:00")), NOW)):
        counts, said = run()

    assert counts == {Outcome.CONFLICT: 1}
    assert said[0].endswith(slot.id)
    assert taken(specialist) == {"09": set(range(60))}
