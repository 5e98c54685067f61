"""The line for a booked slot: who stands in it, and who gets the slot."""

import pytest

from tests.e2e.people import People, Person, good
from tests.e2e.refusals import refused


@pytest.fixture(scope="module")
def cleo(people: People) -> Person:
    return people.new("client")


@pytest.fixture(scope="module")
def dan(people: People) -> Person:
    return people.new("client")


def waits_for(person: Person) -> list[str]:
    return [entry["slot_id"] for entry in good(person.http.get("/bookings/wait-list/me"))]


def test_three_waiters_are_promoted_in_the_order_of_joining(
    specialist: Person, ann: Person, ben: Person, cleo: Person, dan: Person
) -> None:
    slot = specialist.open_slot()
    booking = ann.booked(slot)
    for waiter in (ben, cleo, dan):
        entry = good(waiter.join(slot), 201)
        assert (entry["slot_id"], entry["client_id"]) == (slot, waiter.id)

    # The first gets the slot, the other two keep waiting.
    good(ann.cancel(booking["id"]))
    assert [person.holds(slot) for person in (ann, ben, cleo, dan)] == [False, True, False, False]
    assert [waits_for(person).count(slot) for person in (ben, cleo, dan)] == [0, 1, 1]

    # Then the second, and when it moves away, the third.
    (bens,) = [found for found in ben.bookings(status="confirmed") if found["slot_id"] == slot]
    good(specialist.cancel(bens["id"]))
    assert [person.holds(slot) for person in (ben, cleo, dan)] == [False, True, False]
    assert [waits_for(person).count(slot) for person in (cleo, dan)] == [0, 1]
    (cleos,) = [found for found in cleo.bookings(status="confirmed") if found["slot_id"] == slot]
    good(cleo.reschedule(cleos["id"], specialist.open_slot()))
    assert dan.holds(slot)
    assert waits_for(dan) == []


def test_who_left_is_passed_over(specialist: Person, ann: Person, ben: Person, cleo: Person) -> None:
    slot = specialist.open_slot()
    booking = ann.booked(slot)
    entry = good(ben.join(slot), 201)
    good(cleo.join(slot), 201)

    assert ben.http.delete(f"/bookings/wait-list/{entry['id']}").status_code == 204
    good(ann.cancel(booking["id"]))

    assert [person.holds(slot) for person in (ben, cleo)] == [False, True]


def test_who_was_deactivated_is_passed_over(specialist: Person, ann: Person, cleo: Person, people: People) -> None:
    slot = specialist.open_slot()
    booking, gone = ann.booked(slot), people.new("client")
    good(gone.join(slot), 201)
    good(cleo.join(slot), 201)
    good(people.admin.http.patch(f"/users/{gone.id}", json={"is_active": False}))

    good(ann.cancel(booking["id"]))

    assert [person.holds(slot) for person in (gone, cleo)] == [False, True]


def test_who_is_promoted_gets_the_service_that_was_asked_for(specialist: Person, ann: Person, ben: Person) -> None:
    slot = specialist.open_slot()
    offered = {"title": "Haircut", "duration_minutes": 5, "price": "25.00"}
    service = good(specialist.http.post("/specialists/me/services", json=offered), 201)
    booking = ann.booked(slot)
    entry = good(ben.http.post("/bookings/wait-list", json={"slot_id": slot, "service_id": service["id"]}), 201)

    good(ann.cancel(booking["id"]))

    (promoted,) = [found for found in ben.bookings(status="confirmed") if found["slot_id"] == slot]
    assert (entry["service_id"], promoted["service_id"]) == (service["id"], service["id"])


def test_who_cannot_join(specialist: Person, ann: Person, ben: Person) -> None:
    slot = specialist.open_slot()
    refused(ben.join(slot), 409, "Slot is available. Book directly", reason="slot_available")
    ann.booked(slot)
    refused(ann.join(slot), 409, "Client already has booking for this slot")
    good(ben.join(slot), 201)
    refused(ben.join(slot), 409, "Client is already in wait list for this slot")
    refused(ben.join("slt_nothing"), 404, "Slot not found")
    refused(specialist.join(slot), 403, "Not enough permissions")


def test_who_may_end_a_wait(specialist: Person, ann: Person, ben: Person, cleo: Person, people: People) -> None:
    slot = specialist.open_slot()
    ann.booked(slot)
    bens, cleos = (good(waiter.join(slot), 201) for waiter in (ben, cleo))
    for stranger in (cleo, specialist):
        refused(stranger.http.delete(f"/bookings/wait-list/{bens['id']}"), 404, "Wait list entry not found")
    assert ben.http.delete(f"/bookings/wait-list/{bens['id']}").status_code == 204
    refused(ben.http.delete(f"/bookings/wait-list/{bens['id']}"), 404, "Wait list entry not found")
    assert people.admin.http.delete(f"/bookings/wait-list/{cleos['id']}").status_code == 204
