"""Slots from opening hours, over HTTP on the deployed functions: what is offered, and that no two share a minute."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from tests.e2e.people import PAGE, People, Person, good, times, together
from tests.e2e.refusals import refused

CLIENTS = 50
DAY = datetime.now(UTC).date() + timedelta(days=2)
MINUTE = timedelta(minutes=1)
LONGEST_SECONDS = 30.0


@pytest.fixture(scope="module")
def clients(people: People) -> Sequence[Person]:
    return people.several("client", CLIENTS)


@pytest.fixture
def barber(people: People) -> Person:
    """A specialist who is open every day from eight to one."""
    barber = people.new("specialist")
    barber.describe_week()
    return barber


def at(start: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{start}:00+00:00")


def time_off(start: str, end: str) -> dict[str, str]:
    return times(at(start), at(end))


def confirmed(specialist: Person) -> list[dict[str, Any]]:
    answer = specialist.http.get("/bookings/specialists/me", params={"status": "confirmed", "limit": str(PAGE)})
    found: list[dict[str, Any]] = good(answer)
    return found


def statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_of_50_clients_bookings_of_overlapping_times_no_two_share_a_minute(
    barber: Person, clients: Sequence[Person], record_property: Callable[[str, object], None]
) -> None:
    buffers = {30: 0, 60: 5, 90: 15}  # behind each appointment
    services = {barber.offer_service(minutes, buffer_after_minutes=buffers[minutes]): minutes for minutes in buffers}
    offered = {service: list(barber.free_slots(DAY, service).items()) for service in services}
    wanted = [
        (*offered[service][number * 7 % len(offered[service])], service)
        for number, service in zip(range(CLIENTS), CLIENTS * list(services), strict=False)
    ]

    started = time.monotonic()
    answers = together(
        [
            partial(client.book, slot, service_id=service)
            for client, (_, slot, service) in zip(clients, wanted, strict=True)
        ]
    )
    took = time.monotonic() - started

    found = statuses(answers)
    record_property("answers", dict(found))
    print(f"{CLIENTS} clients, 30, 60 and 90 minutes, {len(set(wanted))} different: {dict(found)} in {took:.2f} s")
    assert found.keys() == {201, 409}
    bookings = confirmed(barber)
    assert {booking["id"] for booking in bookings} == {answer.json()["id"] for answer in answers if answer.is_success}
    kept = [
        minutes_from(datetime.fromisoformat(booking["slot_start_at"]), services[booking["service_id"]], buffers)
        for booking in bookings
    ]
    taken = [minute for minutes in kept for minute in minutes]
    assert len(taken) == len(set(taken))
    for (start, _, service), answer in zip(wanted, answers, strict=True):
        if answer.status_code == httpx.codes.CONFLICT:
            refused(answer, 409, "Slot already booked", reason="slot_already_booked")
            assert not set(taken).isdisjoint(minutes_from(at(start), services[service], buffers))
    for service in services:
        assert not set(barber.free_slots(DAY, service).values()) & {booking["slot_id"] for booking in bookings}
    assert took < LONGEST_SECONDS


def minutes_from(start: datetime, minutes: int, buffers: Mapping[int, int]) -> list[datetime]:
    """What an appointment of that length takes."""
    return [start + number * MINUTE for number in range(minutes + buffers[minutes])]


def test_40_parallel_bookings_of_different_free_times_of_a_day_all_succeed(
    barber: Person, clients: Sequence[Person], record_property: Callable[[str, object], None]
) -> None:
    barber.describe_week("08:00", "18:00")
    quarter = barber.offer_service(15)
    slots = list(barber.free_slots(DAY, quarter).values())
    assert len(slots) == 40

    started = time.monotonic()
    answers = together(
        [partial(client.book, slot, service_id=quarter) for client, slot in zip(clients, slots, strict=False)]
    )
    took = time.monotonic() - started

    record_property("answers", dict(statuses(answers)))
    print(f"40 bookings of 40 times, four in an hour: {dict(statuses(answers))} in {took:.2f} s")
    assert statuses(answers) == {201: 40}
    assert barber.free_slots(DAY, quarter) == {}
    assert [booking["slot_id"] for booking in confirmed(barber)] == slots
    assert took < LONGEST_SECONDS


def test_20_parallel_repeats_of_one_move_or_one_cancellation_are_all_answered_alike(
    barber: Person, ann: Person
) -> None:
    half_hour = barber.offer_service(30)
    free = barber.free_slots(DAY, half_hour)
    booking = ann.booked(free["09:00"], service_id=half_hour)

    within_the_hour = together([partial(ann.reschedule, booking["id"], free["09:15"]) for _ in range(20)])
    to_another = together([partial(ann.reschedule, booking["id"], free["11:45"]) for _ in range(20)])
    cancelled = together([partial(ann.cancel, booking["id"]) for _ in range(20)])

    assert [statuses(answers) for answers in (within_the_hour, to_another, cancelled)] == 3 * [{200: 20}]
    assert {answer.json()["slot_id"] for answer in within_the_hour} == {free["09:15"]}
    assert {answer.json()["slot_id"] for answer in to_another} == {free["11:45"]}
    assert len({answer.content for answer in cancelled}) == 1
    assert barber.free_slots(DAY, half_hour) == free


def test_a_booking_moves_within_its_hour_and_its_calendar_file_follows(
    barber: Person, ann: Person, ben: Person
) -> None:
    half_hour = barber.offer_service(30, title="Beard trim")
    free = barber.free_slots(DAY, half_hour)
    booking = ann.booked(free["09:00"], service_id=half_hour)

    moved = good(ann.reschedule(booking["id"], free["09:15"]))

    assert (moved["id"], moved["slot_id"], moved["slot_start_at"][11:16]) == (booking["id"], free["09:15"], "09:15")
    assert moved["service"] == {"title": "Beard trim", "price": "25.00", "currency": "EUR", "duration_minutes": 30}
    refused(ben.book(free["09:30"], service_id=half_hour), 409, "Slot already booked")
    ben.booked(free["08:45"], service_id=half_hour)
    calendar = Calendar.from_ical(ann.http.get(f"/bookings/{booking['id']}/calendar.ics").content)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    assert (str(event["SUMMARY"]).startswith("Beard trim"), event["SEQUENCE"]) == (True, 1)
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (at("09:15"), at("09:45"))


def test_whoever_waits_gets_the_time_that_becomes_free_in_order(barber: Person, ann: Person, ben: Person) -> None:
    long, short = barber.offer_service(60), barber.offer_service(30)
    hours, halves = barber.free_slots(DAY, long), barber.free_slots(DAY, short)
    booking = ann.booked(hours["10:00"], service_id=long)
    refused(ben.join(halves["09:00"], service_id=short), 409, "Slot is available. Book directly")
    for slot, service in ((halves["10:30"], short), (hours["10:15"], long), (halves["10:00"], short)):
        good(ben.join(slot, service_id=service), 201)

    good(ann.cancel(booking["id"]))

    mine = [found for found in ben.bookings(status="confirmed") if found["specialist_id"] == barber.specialist_id]
    assert [(found["slot_id"], found["service_id"]) for found in mine] == [
        (halves["10:00"], short),
        (halves["10:30"], short),
    ]
    waits_for = [entry["slot_id"] for entry in good(ben.http.get("/bookings/wait-list/me"))]
    assert waits_for == [hours["10:15"]]
    (entry,) = good(ben.http.get("/bookings/wait-list/me"))
    assert ben.http.delete(f"/bookings/wait-list/{entry['id']}").status_code == 204


def test_nothing_is_offered_in_time_off_and_who_waits_gets_it_when_it_is_deleted(
    barber: Person, ann: Person, ben: Person
) -> None:
    half_hour = barber.offer_service(30)
    free = barber.free_slots(DAY, half_hour)
    ann.booked(free["12:00"], service_id=half_hour)
    refused(
        barber.http.post("/specialists/me/time-off", json=time_off("11:45", "12:15")), 409, "Time is already booked"
    )

    off = good(
        barber.http.post("/specialists/me/time-off", json={**time_off("09:00", "10:00"), "note": "dentist"}), 201
    )

    assert good(barber.http.get("/specialists/me/time-off")) == [off]
    gone = {"08:45", "09:00", "09:15", "09:30", "09:45"} | {"11:45", "12:00", "12:15"}
    assert barber.free_slots(DAY, half_hour).keys() == free.keys() - gone
    refused(ann.book(free["09:15"], service_id=half_hour), 409, "Slot already booked")
    good(ben.join(free["09:15"], service_id=half_hour), 201)

    assert barber.http.delete(f"/specialists/me/time-off/{off['id']}").status_code == 204

    assert ben.holds(free["09:15"], DAY)
    assert good(barber.http.get("/specialists/me/time-off")) == []
    refused(barber.http.delete(f"/specialists/me/time-off/{off['id']}"), 404)


def test_lists_and_availability_know_both_kinds_of_slots(barber: Person, ann: Person) -> None:
    half_hour = barber.offer_service(30, buffer_before_minutes=15)
    by_hand = barber.open_slot(at("20:00"))
    free = barber.free_slots(DAY, half_hour)
    assert list(free)[-1] == "20:00"
    assert free["20:00"] == by_hand
    booked = [ann.booked(slot, service_id=half_hour, note="ring twice")["id"] for slot in (by_hand, free["09:00"])]

    availability = barber.http.get(
        f"/specialists/{barber.specialist_id}/availability",
        params={"date_from": DAY.isoformat(), "days": 1, "service_id": half_hour},
    )

    # A start at half past nine would need its buffer's minutes of the booking; one at half past eight, the booking's.
    still_free = barber.free_slots(DAY, half_hour)
    assert free.keys() - still_free.keys() == {"08:30", "08:45", "09:00", "09:15", "09:30", "20:00"}
    total = len(free)
    assert good(availability) == [
        {"date": DAY.isoformat(), "total_slots": total, "free_slots": total - 6, "booked_slots": 6}
    ]
    mine = [found for found in ann.bookings() if found["specialist_id"] == barber.specialist_id]
    assert [(found["id"], found["note"]) for found in mine] == [(booked[1], "ring twice"), (booked[0], "ring twice")]
    assert [found["id"] for found in confirmed(barber)] == [booked[1], booked[0]]


def test_new_hours_hold_at_once_and_leave_bookings_as_they_are(barber: Person, ann: Person) -> None:
    free = barber.free_slots(DAY)
    booking = ann.booked(free["09:00"])

    closed = good(barber.http.put(f"/specialists/me/schedule/dates/{DAY}", json={"hours": []}))

    assert [conflict["id"] for conflict in closed["conflicts"]] == [booking["id"]]
    assert barber.free_slots(DAY) == {}
    refused(ann.book(free["11:00"]), 404, "Slot not found")
    assert ann.holds(free["09:00"], DAY)
    assert barber.http.delete(f"/specialists/me/schedule/dates/{DAY}").status_code == 204
    ann.booked(free["11:00"])


def test_a_deactivated_specialist_offers_nothing(barber: Person, ann: Person, people: People) -> None:
    free = barber.free_slots(DAY)
    booking = ann.booked(free["09:00"])

    good(people.admin.http.patch(f"/users/{barber.id}", json={"is_active": False}))

    slots = f"/specialists/{barber.specialist_id}/slots"
    assert good(ann.http.get(slots, params={"date": DAY.isoformat()})) == []
    refused(ann.book(free["11:00"]), 404, "Slot not found")
    assert good(ann.cancel(booking["id"]))["status"] == "cancelled"
    good(people.admin.http.patch(f"/users/{barber.id}", json={"is_active": True}))
    ann.booked(free["11:00"])
