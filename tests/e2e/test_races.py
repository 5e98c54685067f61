"""What holds when many want the same thing at the same moment: measured over HTTP, on the deployed functions."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import httpx
import pytest

from tests.e2e.people import People, Person, good, times, together
from tests.e2e.refusals import refused

CLIENTS = 8
RACES = 200
RACES_AT_ONCE = 2


@pytest.fixture(scope="module")
def clients(people: People) -> list[Person]:
    return people.several("client", CLIENTS)


def test_of_100_parallel_bookings_one_gets_the_slot(specialist: Person, clients: list[Person]) -> None:
    slot = specialist.open_slot()

    answers = together([partial(clients[number % CLIENTS].book, slot) for number in range(100)])

    assert statuses(answers) == {201: 1, 409: 99}
    for answer in answers:
        if answer.status_code == httpx.codes.CONFLICT:
            refused(answer, 409, "Slot already booked", reason="slot_already_booked")
    (booking,) = (answer.json() for answer in answers if answer.is_success)
    assert [client.holds(slot) for client in clients].count(True) == 1
    assert good(specialist.http.get(f"/bookings/{booking['id']}"))["status"] == "confirmed"


def test_of_20_parallel_slots_that_overlap_one_is_opened(people: People) -> None:
    specialist = people.new("specialist")
    start = specialist.free_time()
    shift = (specialist.free_time() - start) / 40
    wanted = [times(start + number * shift, start + number * shift + 30 * shift) for number in range(20)]

    answers = together([partial(specialist.http.post, "/specialists/me/slots", json=slot) for slot in wanted])

    assert statuses(answers) == {201: 1, 409: 19}
    for answer in answers:
        if answer.status_code == httpx.codes.CONFLICT:
            refused(answer, 409, "Time slot overlaps with existing slot", reason="slot_overlaps")
    assert len(good(specialist.http.get(f"/specialists/{specialist.specialist_id}/slots"))) == 1


def test_200_parallel_bookings_are_answered_in_time_and_health_meanwhile(
    specialist: Person, clients: list[Person], people: People, record_property: Callable[[str, object], None]
) -> None:
    slot = specialist.open_slot()

    with health_asked_all_the_time(people) as waits:
        started = time.monotonic()
        answers = together([partial(clients[number % CLIENTS].book, slot) for number in range(200)])
        took = time.monotonic() - started

    assert statuses(answers) == {201: 1, 409: 199}
    assert took < 30
    assert waits
    assert max(waits) < 10
    record_property("seconds_for_200_bookings", round(took, 2))
    record_property("seconds_health_took", [round(wait, 3) for wait in waits])
    print(f"200 bookings in {took:.2f} s; /health {len(waits)} times, slowest {max(waits):.3f} s")


def test_50_parallel_requests_with_one_key_make_one_booking(specialist: Person, clients: list[Person]) -> None:
    ann, slot = clients[0], specialist.open_slot()

    answers = together([partial(ann.book, slot, key="one and the same") for _ in range(50)])

    assert statuses(answers) == {201: 50}
    assert len({answer.content for answer in answers}) == 1
    assert [booking["id"] for booking in ann.bookings() if booking["slot_id"] == slot] == [answers[0].json()["id"]]


def test_20_parallel_repeats_of_one_move_or_one_cancellation_are_all_answered_alike(
    specialist: Person, clients: list[Person]
) -> None:
    ann = clients[0]
    booking, wanted = ann.booked(specialist.open_slot()), specialist.open_slot()

    moved = together([partial(ann.reschedule, booking["id"], wanted) for _ in range(20)])
    cancelled = together([partial(ann.cancel, booking["id"]) for _ in range(20)])

    assert (statuses(moved), statuses(cancelled)) == ({200: 20}, {200: 20})
    assert {answer.json()["slot_id"] for answer in moved} == {wanted}
    assert len({answer.content for answer in cancelled}) == 1
    assert not ann.holds(wanted)


def test_a_new_specialists_routes_work_at_once_in_parallel(people: People) -> None:
    specialist = people.new("specialist")
    routes: list[Callable[[], httpx.Response]] = [
        partial(specialist.http.get, "/specialists/me"),
        partial(specialist.http.get, f"/specialists/{specialist.specialist_id}"),
        partial(specialist.http.get, f"/specialists/{specialist.specialist_id}/slots"),
        partial(specialist.http.patch, "/specialists/me", json={"display_name": "Ann"}),
        partial(specialist.http.get, "/bookings/specialists/me"),
    ]
    assert statuses(together(routes)) == {200: len(routes)}


def test_a_join_that_races_a_cancel_never_waits_for_a_free_slot(specialist: Person, clients: list[Person]) -> None:
    """Either the join is refused because the slot is free, or whoever joined holds the slot."""
    outcomes: Counter[str] = Counter()
    lock = threading.Lock()

    def race(holder: Person, waiter: Person, slots: list[tuple[datetime, str]]) -> None:
        for start, slot in slots:
            booking = holder.booked(slot)
            cancelled, joined = together([partial(holder.cancel, booking["id"]), partial(waiter.join, slot)])
            assert cancelled.status_code == 200, cancelled.text
            promoted = waiter.holds(slot, start.date())
            if joined.status_code == httpx.codes.CREATED:
                assert promoted, f"somebody waits for the free slot {slot}"
            else:
                refused(joined, 409, "Slot is available. Book directly", reason="slot_available")
                assert not promoted
            with lock:
                outcomes["promoted" if promoted else "free"] += 1

    starts = [specialist.free_time() for _ in range(RACES)]
    slots = [(start, specialist.open_slot(start)) for start in starts]
    failures: list[BaseException] = []
    racers = [
        threading.Thread(target=guarded(race, failures), args=(*clients[2 * n : 2 * n + 2], slots[n::RACES_AT_ONCE]))
        for n in range(RACES_AT_ONCE)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert not failures, failures[0]
    assert sum(outcomes.values()) == RACES
    for client in clients[: 2 * RACES_AT_ONCE]:
        assert good(client.http.get("/bookings/wait-list/me")) == []
    print(f"{RACES} races: {dict(outcomes)}")


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def guarded[**P](run: Callable[P, None], failures: list[BaseException]) -> Callable[P, None]:
    """`run` for a thread, whose failure would be lost otherwise."""

    def run_guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except BaseException as failure:  # noqa: BLE001 - the test raises it
            failures.append(failure)

    return run_guarded


@contextmanager
def health_asked_all_the_time(people: People) -> Iterator[list[float]]:
    """How many seconds each answer took."""
    waits: list[float] = []
    over = threading.Event()
    somebody = people.caller()
    somebody.get("/health")

    def ask() -> None:
        while not over.is_set():
            asked = time.monotonic()
            good(somebody.get("/health"))
            waits.append(time.monotonic() - asked)
            time.sleep(0.05)

    failures: list[BaseException] = []
    asking = threading.Thread(target=guarded(ask, failures))
    asking.start()
    try:
        yield waits
    finally:
        over.set()
        asking.join()
    assert not failures, failures[0]
