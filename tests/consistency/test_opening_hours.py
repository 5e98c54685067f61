"""The checks of slots from hours, and of all that takes time, on histories and tables made by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.consistency.history import Kind, Operation
from tests.consistency.offers import Hours, instant, next_change_of_clocks
from tests.consistency.stories import MINUTE, NOW, START, Story, at, booking, ended, hour, name_of, slot
from tests.consistency.tables import (
    LENGTH_OF_IDS_FROM_HOURS,
    Buffers,
    StoredEntry,
    StoredHour,
    StoredPlace,
    StoredTimeOff,
    is_from_hours,
)

QUARTER = 15 * MINUTE
BUFFERS = Buffers(QUARTER, QUARTER)
DAY = "2026-01-11"
LINE = f"spc_1#{DAY}"
WEEK = {"time_zone": "UTC", "hours": [["00:00", "06:00"]], "step_minutes": 15, "slot_minutes": 60}
SERVICE = {"duration_minutes": 30, "buffer_before_minutes": 15, "buffer_after_minutes": 15, "is_active": True}


def id_at(start: str) -> str:
    """Of a slot from hours that starts then."""
    return f"slt_{start}".ljust(LENGTH_OF_IDS_FROM_HOURS, "-")


def moment(clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return START + timedelta(hours=hours, minutes=minutes)


def times(start: str, minutes: int = 30) -> tuple[str, str]:
    begin = moment(start)
    return f"{begin:%Y-%m-%dT%H:%M:%SZ}", f"{begin + minutes * MINUTE:%Y-%m-%dT%H:%M:%SZ}"


def place(start: str) -> dict[str, Any]:
    """What a request says that asks for the service at that time."""
    return {"slot": id_at(start), "times": times(start), "service": "svc"}


def stored_at(start: str) -> dict[str, Any]:
    """What a booking of the service at that time says."""
    about = {"slot": id_at(start), "service": "svc", "minutes": 30, "buffers": BUFFERS}
    return {**about, "start": moment(start), "end": moment(start) + 30 * MINUTE}


def told(name: str) -> dict[str, Any]:
    return {"booking": name, "body": {"id": name, "service": {"duration_minutes": 30}}}


def listed(*booked: str) -> dict[str, Any]:
    """All the service's slots of the day, those from the first to the second of these times booked."""
    starts = [f"{number // 4:02}:{number % 4 * 15:02}" for number in range(23)]
    slots = []
    for start in starts:
        begin, end = times(start)
        is_booked = bool(booked) and booked[0] <= start <= booked[1]
        slots.append({"id": id_at(start), "start_at": begin, "end_at": end, "is_booked": is_booked})
    return {"service": "svc", "wanted": {"date": DAY}, "body": {"slots": slots}}


def waiting(client: str, start: str, joined: datetime) -> tuple[StoredEntry, StoredPlace]:
    entry = StoredEntry(id_at(start), client, joined, "svc", BUFFERS)
    return entry, StoredPlace(LINE, entry.slot, client, joined)


def story_of_a_morning() -> Story:
    """Ann's booking goes to Ben, who waited beside it; Cleo still waits, and the specialist is away later."""
    entry, in_line = waiting("cleo", "01:30", at(50.5))
    story = Story(
        bookings=[
            ended(**stored_at("01:00")),
            booking("p", client="ben", created_at=at(90), from_wait_list=True, **stored_at("01:15")),
        ],
        entries=[entry],
        places=[in_line],
        times_off=[StoredTimeOff("o", "spc_1", moment("03:00"), moment("04:00"))],
        hours=[
            StoredHour("spc_1", moment("01:00"), frozenset(range(60)), waiting=1),
            StoredHour("spc_1", moment("02:00"), frozenset(), waiting=1),
            StoredHour("spc_1", moment("03:00"), frozenset(range(60))),
        ],
    )
    story.tell(Kind.SET_WEEK, "usr_1", wanted=WEEK)
    story.tell(Kind.SET_SERVICE, "usr_1", 201, service="svc", wanted=SERVICE)
    story.tell(Kind.LIST, "ann", **listed())
    story.tell(Kind.BOOK, "ann", 201, listing=3, **place("01:00"), **told("b"))
    story.tell(Kind.JOIN, "ben", 201, start=at(40).timestamp(), **place("01:15"))
    story.tell(Kind.JOIN, "cleo", 201, start=at(50).timestamp(), **place("01:30"))
    story.tell(Kind.TAKE_OFF, "usr_1", 201, slot="o", times=times("03:00", 60))
    story.tell(Kind.TAKE_OFF, "usr_1", 409, times=times("01:30", 60), reason="time_taken")
    story.tell(Kind.BOOK, "dan", 409, reason="slot_already_booked", **place("03:30"))
    story.tell(Kind.CANCEL, "ann", slot=id_at("01:00"), booking="b", start=at(90).timestamp())
    story.tell(Kind.LIST, "dan", **listed_after())
    return story


def listed_after() -> dict[str, Any]:
    """What is listed with Ben's booking, from 01:00 to 02:00 with its buffers, and the time off."""
    about = listed("00:30", "02:00")
    for one in about["body"]["slots"]:
        one["is_booked"] |= id_at("02:30") <= one["id"] <= id_at("04:00")
    return about


def test_a_good_morning_has_no_violations() -> None:
    assert story_of_a_morning().broken() == set()


def test_slots_from_hours_are_told_by_their_ids() -> None:
    assert is_from_hours(id_at("01:00"))
    assert not is_from_hours(id_at("01:00") + "AbCd")


# --- What is stored wrongly -------------------------------------------------------------------------------------------


def shared_minute(story: Story) -> None:
    story.bookings.append(booking("x", client="dan", **stored_at("01:45")))


def booking_in_time_off(story: Story) -> None:
    story.bookings.append(booking("x", client="dan", **stored_at("03:30")))


def booking_in_a_slot(story: Story) -> None:
    story.slots.append(slot(start=moment("01:30"), end=moment("02:30")))


def minute_that_nothing_takes(story: Story) -> None:
    (story.hours or []).append(StoredHour("spc_1", moment("05:00"), frozenset({7})))


def minute_that_is_not_recorded(story: Story) -> None:
    (story.hours or []).pop()


def lapsed_booking_that_gave_its_time_back(story: Story) -> None:
    story.bookings.append(ended("x", status="expired", **stored_at("05:00")))


def wrong_count(story: Story) -> None:
    story.hours = [replace(one, waiting=2) for one in story.hours or []]


def no_place_in_the_line(story: Story) -> None:
    story.places.clear()


def place_of_nobody(story: Story) -> None:
    story.places.append(waiting("dan", "01:30", at(55))[1])


def waiting_for_free_time(story: Story) -> None:
    """Ben cancels, and Cleo is not promoted."""
    story.tell(Kind.CANCEL, "ben", slot=id_at("01:15"), booking="p")
    story.bookings[1] = ended("p", client="ben", created_at=at(90), from_wait_list=True, **stored_at("01:15"))
    (story.hours or [])[0] = StoredHour("spc_1", moment("01:00"), frozenset(), waiting=1)


def moved_booking(story: Story) -> None:
    story.bookings[0] = replace(story.bookings[0], start=moment("01:00") + MINUTE)


def shortened_booking(story: Story) -> None:
    story.bookings[0] = replace(story.bookings[0], minutes=20)


def booking_with_other_buffers(story: Story) -> None:
    story.bookings[0] = replace(story.bookings[0], buffers=Buffers())


STORED: dict[Callable[[Story], None], str] = {
    shared_minute: "minute is taken twice",
    booking_in_time_off: "minute is taken twice",
    booking_in_a_slot: "minute is taken twice",
    minute_that_nothing_takes: "hour records",
    minute_that_is_not_recorded: "hour records",
    lapsed_booking_that_gave_its_time_back: "hour records",
    wrong_count: "who waits is counted",
    no_place_in_the_line: "who waits is counted",
    place_of_nobody: "who waits is counted",
    waiting_for_free_time: "waits for free time",
    moved_booking: "hours change no booking",
    shortened_booking: "hours change no booking",
    booking_with_other_buffers: "hours change no booking",
}


@pytest.mark.parametrize("go_wrong", STORED, ids=lambda function: function.__name__)
def test_what_is_stored_wrongly_is_found(go_wrong: Callable[[Story], None]) -> None:
    story = story_of_a_morning()
    go_wrong(story)
    assert name_of(STORED[go_wrong]) in story.broken()


@pytest.mark.parametrize("status", [200, None])
@pytest.mark.parametrize("change", ["hours", "date", "service"])
def test_who_waits_for_what_may_not_have_been_offered_all_along_is_right(change: str, status: int | None) -> None:
    story = story_of_a_morning()
    waiting_for_free_time(story)
    if change == "hours":
        story.tell(Kind.SET_WEEK, "usr_1", status, wanted=WEEK | {"hours": [["00:00", "01:45"]]})
    elif change == "date":
        story.tell(Kind.SET_DATE, "usr_1", status, wanted={"date": DAY, "hours": []})
    else:
        story.tell(Kind.SET_SERVICE, "usr_1", status, service="svc", wanted=SERVICE | {"is_active": False})
    assert story.broken() == set()


def test_who_waits_for_the_time_around_a_free_hand_opened_slot_is_right_while_it_is_taken() -> None:
    opened = slot("t", start=moment("01:00"), end=moment("01:30"), waiters=1)
    story = Story(slots=[opened], entries=[StoredEntry("t", "ben", at(5.5), "svc", BUFFERS)])
    story.places = [StoredPlace(LINE, "t", "ben", at(5.5))]
    story.times_off = [StoredTimeOff("o", "spc_1", moment("01:30"), moment("02:00"))]
    story.hours = [
        StoredHour("spc_1", moment("00:00"), frozenset(), waiting=1),
        StoredHour("spc_1", moment("01:00"), frozenset(range(60)), waiting=1),
    ]
    story.tell(Kind.SET_SERVICE, "usr_1", 201, start=at(-9).timestamp(), service="svc", wanted=SERVICE)
    story.tell(Kind.JOIN, "ben", 201, start=at(5).timestamp(), slot="t", times=times("01:00"), service="svc")
    assert story.broken() == set()

    story.times_off = []
    story.hours = [replace(one, waiting=1) for one in hour(opened)]
    story.hours.append(StoredHour("spc_1", moment("00:00"), frozenset(), waiting=1))
    assert story.broken() == {name_of("waits for free time")}


# --- What clients are told wrongly ------------------------------------------------------------------------------------


def refused_free_slot(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 409, reason="slot_already_booked", **place("04:30"))


def refused_what_is_offered(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 404, reason="slot_not_found", **place("04:30"))


def refused_an_active_service(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 409, reason="service_not_offered", **place("04:30"))


def refused_as_too_soon(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 409, reason="slot_too_soon", **place("04:30"))


def refused_as_too_long(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 409, reason="service_longer_than_slot", **place("04:30"))


def refused_to_wait_for_taken_time(story: Story) -> None:
    story.tell(Kind.JOIN, "dan", 409, reason="slot_available", **place("03:30"))


def refused_to_move_into_its_own_time(story: Story) -> None:
    story.bookings.append(booking("x", client="dan", **stored_at("04:30")))
    story.tell(Kind.BOOK, "dan", 201, **place("04:30"), **told("x"))
    story.tell(Kind.RESCHEDULE, "dan", 409, booking="x", reason="slot_already_booked", **place("04:45"))


def refused_time_off(story: Story) -> None:
    story.tell(Kind.TAKE_OFF, "usr_1", 409, times=times("04:15", 60), reason="time_taken")


def refused_to_end_time_off(story: Story) -> None:
    story.tell(Kind.END_OFF, "usr_1", 404, slot="o", times=times("03:00", 60), reason="time_off_not_found")


def refused_list(story: Story) -> None:
    story.tell(Kind.LIST, "ann", 404, service="svc", wanted={"date": DAY}, reason="service_not_found")


def refused_hours(story: Story) -> None:
    story.tell(Kind.SET_WEEK, "usr_1", 409, wanted=WEEK, reason="conflict")


def refused_what_was_listed_free(story: Story) -> None:
    """The time off stands in the way, and should have been listed."""
    story.tell(Kind.LIST, "dan", **listed("00:30", "02:00"))
    number = len(story.history)
    story.tell(Kind.BOOK, "dan", 409, listing=number, reason="slot_already_booked", **place("03:30"))


def lists_taken_time_as_free(story: Story) -> None:
    story.tell(Kind.LIST, "dan", **listed("00:30", "02:00"))


def lists_free_time_as_booked(story: Story) -> None:
    story.tell(Kind.LIST, "dan", **listed("00:30", "05:30"))


def lists_too_little(story: Story) -> None:
    about = listed_after()
    del about["body"]["slots"][-1]
    story.tell(Kind.LIST, "dan", **about)


def lists_by_older_hours(story: Story) -> None:
    story.tell(Kind.SET_WEEK, "usr_1", wanted=WEEK | {"hours": [["00:00", "05:00"]]})
    story.tell(Kind.LIST, "dan", **listed_after())


def taken_twice_for_a_moment(story: Story) -> None:
    for name, client, start, second in (("x", "dan", "04:30", 200), ("y", "eve", "05:00", 210)):
        story.bookings.append(ended(name, client=client, **stored_at(start)))
        story.tell(Kind.BOOK, client, 201, start=at(second).timestamp(), **place(start), **told(name))
    for name, client, start in (("x", "dan", "04:30"), ("y", "eve", "05:00")):
        story.tell(Kind.CANCEL, client, slot=id_at(start), booking=name, start=at(220).timestamp())


def taken_in_time_off(story: Story) -> None:
    story.bookings.append(ended("x", client="dan", **stored_at("03:30")))
    story.tell(Kind.BOOK, "dan", 201, **place("03:30"), **told("x"))
    story.tell(Kind.CANCEL, "dan", slot=id_at("03:30"), booking="x")


def promoted_out_of_order(story: Story) -> None:
    """Cleo has joined before Ben, and the times that they wait for overlap."""
    for operation in story.history.of(Kind.JOIN):
        begin = at({"ben": 50, "cleo": 40}[operation.actor])
        operation.start, operation.end = begin.timestamp(), begin.timestamp() + 1
        operation.body = {"id": "w", "created_at": at(begin.second + 0.5).isoformat()}


def promoted_into_a_day_off(story: Story) -> None:
    story.tell(Kind.SET_DATE, "usr_1", start=at(70).timestamp(), wanted={"date": DAY, "hours": []})


def promoted_for_a_service_that_is_off(story: Story) -> None:
    off = SERVICE | {"is_active": False}
    story.tell(Kind.SET_SERVICE, "usr_1", start=at(70).timestamp(), service="svc", wanted=off)


def booked_outside_of_hours(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 201, **place("06:00"), **told("x"))


def booked_a_service_that_is_off(story: Story) -> None:
    story.tell(Kind.SET_SERVICE, "usr_1", service="svc", wanted=SERVICE | {"is_active": False})
    story.tell(Kind.BOOK, "dan", 201, **place("04:30"), **told("x"))


def lost_time_off(story: Story) -> None:
    story.times_off.clear()


def undeleted_time_off(story: Story) -> None:
    story.tell(Kind.END_OFF, "usr_1", 204, slot="o", times=times("03:00", 60))


TOLD: dict[Callable[[Story], None], str] = {
    refused_free_slot: "had a cause",
    refused_what_is_offered: "had a cause",
    refused_an_active_service: "had a cause",
    refused_as_too_soon: "had a cause",
    refused_as_too_long: "had a cause",
    refused_to_wait_for_taken_time: "had a cause",
    refused_to_move_into_its_own_time: "had a cause",
    refused_time_off: "had a cause",
    refused_to_end_time_off: "had a cause",
    refused_list: "had a cause",
    refused_hours: "had a cause",
    refused_what_was_listed_free: "listed free can be booked",
    lists_taken_time_as_free: "listed as free",
    lists_free_time_as_booked: "listed as free",
    lists_too_little: "what the hours have",
    lists_by_older_hours: "what the hours have",
    taken_twice_for_a_moment: "was taken twice",
    taken_in_time_off: "was taken twice",
    promoted_out_of_order: "moved in order",
    promoted_into_a_day_off: "promoted into what is not offered",
    promoted_for_a_service_that_is_off: "promoted into what is not offered",
    booked_outside_of_hours: "booked was offered",
    booked_a_service_that_is_off: "booked was offered",
    lost_time_off: "acknowledged slots, time off",
    undeleted_time_off: "acknowledged slots, time off",
}


@pytest.mark.parametrize("go_wrong", TOLD, ids=lambda function: function.__name__)
def test_what_clients_were_told_wrongly_is_found(go_wrong: Callable[[Story], None]) -> None:
    story = story_of_a_morning()
    go_wrong(story)
    assert name_of(TOLD[go_wrong]) in story.broken()


@pytest.mark.parametrize("last", [23, 19], ids=["the old ones", "the new ones"])
def test_hours_whose_change_was_not_answered_may_be_the_old_ones_or_the_new(last: int) -> None:
    story = story_of_a_morning()
    story.tell(Kind.SET_WEEK, "usr_1", None, wanted=WEEK | {"hours": [["00:00", "05:00"]]})
    about = listed_after()
    about["body"]["slots"] = about["body"]["slots"][:last]
    story.tell(Kind.LIST, "dan", **about)
    assert story.broken() == set()


def test_a_refusal_may_come_of_hours_or_a_service_that_were_changed_meanwhile() -> None:
    story = story_of_a_morning()
    begin = at(300).timestamp()
    story.tell(Kind.SET_DATE, "usr_1", start=begin, end=begin + 5, wanted={"date": DAY, "hours": []})
    story.tell(
        Kind.SET_SERVICE, "usr_1", start=begin, end=begin + 5, service="svc", wanted=SERVICE | {"is_active": False}
    )
    story.tell(Kind.BOOK, "dan", 404, start=begin + 1, reason="slot_not_found", **place("04:30"))
    story.tell(Kind.BOOK, "dan", 409, start=begin + 1, reason="service_not_offered", **place("04:30"))
    story.tell(Kind.LIST, "dan", 404, start=begin + 1, service="svc", wanted={"date": DAY}, reason="service_not_found")
    assert name_of("had a cause") not in story.broken()


def blocked_by_time_off(story: Story) -> Operation:
    begin = at(85).timestamp()
    return story.tell(Kind.TAKE_OFF, "usr_1", None, start=begin, times=times("02:00"))


def blocked_by_a_service_that_is_off(story: Story) -> Operation:
    off = SERVICE | {"is_active": False}
    return story.tell(Kind.SET_SERVICE, "usr_1", None, start=at(85).timestamp(), service="svc", wanted=off)


def blocked_by_other_hours(story: Story) -> Operation:
    hours = WEEK | {"hours": [["00:00", "01:45"]]}
    return story.tell(Kind.SET_WEEK, "usr_1", None, start=at(85).timestamp(), wanted=hours)


@pytest.mark.parametrize("block", [blocked_by_time_off, blocked_by_a_service_that_is_off, blocked_by_other_hours])
def test_who_may_have_been_kept_from_its_slot_was_passed_over_rightly(block: Callable[[Story], Operation]) -> None:
    story = story_of_a_morning()
    promoted_out_of_order(story)
    block(story)
    assert name_of("moved in order") not in story.broken()


# --- When something can start -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "01:59", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), "02:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), "02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), "03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), "03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 4, 5), "01:45", datetime(2026, 4, 4, 14, 45, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:15", datetime(2026, 10, 3, 15, 45, tzinfo=UTC)),
    ],
)
def test_a_wall_clock_is_read_as_the_standard_says(zone: str, day: date, clock: str, expected: datetime) -> None:
    assert instant(zone, day, clock) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("America/New_York", date(2026, 3, 8)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
    ],
)
def test_the_next_day_on_which_clocks_are_changed_is_found(zone: str, expected: date) -> None:
    assert next_change_of_clocks(zone, NOW) == expected


def test_an_interval_around_the_change_of_clocks_is_an_hour_longer_or_shorter() -> None:
    hours = Hours("Europe/Berlin", (("01:00", "04:00"),), (), timedelta(hours=1), 60)
    assert len(hours.starts_on(date(2026, 3, 28), timedelta(hours=1))) == 3
    assert len(hours.starts_on(date(2026, 3, 29), timedelta(hours=1))) == 2
    assert len(hours.starts_on(date(2026, 10, 25), timedelta(hours=1))) == 4
