"""`Idempotency-Key`: a request that is sent again does not book again."""

import pytest

from tests.e2e.people import Person, good
from tests.e2e.refusals import refused


def test_a_repeat_gets_the_first_answer_also_after_a_cancellation(specialist: Person, ann: Person) -> None:
    slot = specialist.open_slot()
    first = ann.book(slot, key="key 1")
    booking = good(first, 201)
    assert ann.book(slot, key="key 1").content == first.content
    good(ann.cancel(booking["id"]))
    again = ann.book(slot, key="key 1")
    assert (again.status_code, again.content) == (201, first.content)


def test_a_key_names_one_request_of_one_client(specialist: Person, ann: Person, ben: Person) -> None:
    slot, other = specialist.open_slot(), specialist.open_slot()
    good(ann.book(slot, key="key 2"), 201)
    refused(ann.book(other, key="key 2"), 409, "Idempotency key already used with another slot")
    good(ben.book(other, key="key 2"), 201)


def test_a_key_whose_booking_failed_is_free_again(specialist: Person, ann: Person, ben: Person) -> None:
    slot = specialist.open_slot()
    booking = good(ben.book(slot), 201)
    refused(ann.book(slot, key="key 3"), 409, "Slot already booked")
    good(ben.cancel(booking["id"]))
    good(ann.book(slot, key="key 3"), 201)


@pytest.mark.parametrize("key", ["x" * 129, "tab\there", "\x7f", "é"])
def test_a_key_of_the_wrong_form_is_refused(specialist: Person, ann: Person, key: str) -> None:
    answer = ann.http.post(
        "/bookings", json={"slot_id": specialist.open_slot()}, headers={b"Idempotency-Key": key.encode()}
    )
    refused(answer, 422, reason="validation_error")
