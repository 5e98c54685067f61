"""Attendance: once the slot has started its specialist says whether the client has come, in one write."""

from functools import partial

import pytest

from booking.bookings import rules
from booking.bookings.attendance import set_attendance
from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.errors import BookingNotFound, NoAttendance, SlotNotStarted
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Attendance, Booking, Status
from booking.caller import Caller
from booking.errors import Forbidden
from booking.runtime.clock import current_instant
from booking.runtime.ids import new_id
from tests.instants import TICK
from tests.integration.api import Api, error_of
from tests.integration.people import HOUR, NOW, a_booking, a_client, a_slot, a_specialist, an_admin
from tests.integration.store_calls import counted_calls, just_before, lost_answers
from tests.integration.sweeps import expire_everywhere, lapse_everywhere
from tests.integration.tables import booking_item, change_stored, refused, stored

STARTED = NOW + HOUR
NO_SHOW, ATTENDED = Attendance.NO_SHOW, Attendance.ATTENDED


@pytest.fixture
def specialist() -> Caller:
    return a_specialist()


@pytest.fixture
def ann() -> Caller:
    return a_client()


@pytest.fixture
def booking(specialist: Caller, ann: Caller) -> Booking:
    return a_booking(specialist, ann)


def kept(booking: Booking) -> str | None:
    attendance: str | None = booking_item(booking.id).get("attendance")
    return attendance


def test_it_is_said_in_one_call_and_nothing_else_changes(specialist: Caller, booking: Booking) -> None:
    before = booking_item(booking.id)

    with counted_calls() as calls:
        told = set_attendance(specialist, booking.id, NO_SHOW, STARTED)

    assert calls.operations == ["UpdateItem"]
    assert (booking.attendance, told.attendance, told.status) == (None, NO_SHOW, Status.CONFIRMED)
    assert booking_item(booking.id) == before | {"attendance": "no_show"}


def test_what_was_said_can_be_said_again_changed_and_taken_back(specialist: Caller, booking: Booking) -> None:
    before = booking_item(booking.id)
    for attendance in (None, NO_SHOW, NO_SHOW, ATTENDED):
        assert set_attendance(specialist, booking.id, attendance, STARTED).attendance is attendance
        assert kept(booking) == attendance

    with lost_answers("UpdateItem"):
        assert set_attendance(specialist, booking.id, None, STARTED).attendance is None

    assert booking_item(booking.id) == before


def test_it_belongs_to_expired_bookings_and_expiry_does_not_touch_it(
    specialist: Caller, ann: Caller, booking: Booking
) -> None:
    other = a_booking(specialist, ann, 2 * HOUR)
    set_attendance(specialist, booking.id, NO_SHOW, STARTED)
    assert expire_everywhere(STARTED + HOUR)["expired"] == 2

    assert set_attendance(specialist, other.id, ATTENDED, STARTED + HOUR).status is Status.EXPIRED

    assert [(booking_item(each.id)["status"], kept(each)) for each in (booking, other)] == [
        ("expired", "no_show"),
        ("expired", "attended"),
    ]


def test_expiry_that_was_under_way_keeps_it(specialist: Caller, booking: Booking) -> None:
    with just_before("TransactWriteItems", lambda: set_attendance(specialist, booking.id, NO_SHOW, STARTED)):
        expire_everywhere(STARTED)

    assert (booking_item(booking.id)["status"], kept(booking)) == ("expired", "no_show")


@pytest.mark.parametrize("attendance", [ATTENDED, None])
def test_nobody_says_it_before_the_slot_has_started(
    specialist: Caller, booking: Booking, attendance: Attendance | None
) -> None:
    for caller in (specialist, an_admin()):
        refused(SlotNotStarted, partial(set_attendance, caller, booking.id, attendance, STARTED - TICK))


def test_only_its_specialist_and_admins_say_it(specialist: Caller, ann: Caller, booking: Booking) -> None:
    for stranger in (ann, a_client(), a_specialist()):
        for now in (NOW, STARTED):
            refused(Forbidden, partial(set_attendance, stranger, booking.id, ATTENDED, now))

    assert set_attendance(an_admin(), booking.id, ATTENDED, STARTED).attendance is ATTENDED


def test_what_is_no_appointment_has_none(specialist: Caller, ann: Caller, booking: Booking) -> None:
    held, lapsed = (
        create_booking(ann, Wish(a_slot(specialist, hours * HOUR).id), NOW, hold_seconds=60) for hours in (3, 5)
    )
    change_stored("bookings", {"booking_id": held.id}, timer=None)
    lapse_everywhere(NOW + HOUR)
    cancel_booking(ann, booking.id, NOW)
    assert [booking_item(each.id)["status"] for each in (held, lapsed)] == ["held", "expired"]

    for each in (held, lapsed, booking):
        for now in (NOW, NOW + 9 * HOUR):
            refused(NoAttendance, partial(set_attendance, specialist, each.id, ATTENDED, now))


def test_what_does_not_exist_is_not_found(specialist: Caller) -> None:
    for booking_id in (new_id(rules.BOOKING_PREFIX), "bkg_no", "x" * 3000):
        refused(BookingNotFound, partial(set_attendance, specialist, booking_id, ATTENDED, NOW))
    assert stored("bookings") == []


def test_a_cancellation_takes_it_back(specialist: Caller, booking: Booking) -> None:
    set_attendance(specialist, booking.id, ATTENDED, STARTED)

    assert cancel_booking(specialist, booking.id, STARTED).attendance is None
    assert kept(booking) is None


def test_a_move_takes_it_back(specialist: Caller, booking: Booking) -> None:
    set_attendance(specialist, booking.id, NO_SHOW, STARTED)
    later = a_slot(specialist, 3 * HOUR)

    assert reschedule_booking(specialist, booking.id, later.id, STARTED).attendance is None
    assert kept(booking) is None
    refused(SlotNotStarted, partial(set_attendance, specialist, booking.id, NO_SHOW, STARTED))


def test_what_is_said_while_it_is_cancelled_or_moved_does_not_stay(specialist: Caller, ann: Caller) -> None:
    moved, cancelled = a_booking(specialist, ann), a_booking(specialist, ann, 3 * HOUR)
    later, now = a_slot(specialist, 7 * HOUR), NOW + 4 * HOUR

    with just_before("TransactWriteItems", lambda: set_attendance(specialist, moved.id, NO_SHOW, now)):
        reschedule_booking(specialist, moved.id, later.id, now)
    with just_before("TransactWriteItems", lambda: set_attendance(specialist, cancelled.id, NO_SHOW, now)):
        cancel_booking(specialist, cancelled.id, now)

    assert [kept(moved), kept(cancelled)] == [None, None]


class TestRoute:
    def test_it_is_said_and_seen(self, api: Api, specialist: Caller, ann: Caller) -> None:
        now = current_instant()
        booking = create_booking(ann, Wish(a_slot(specialist, now=now).id), now)
        path = f"/bookings/{booking.id}"
        error_of(
            api.request("PATCH", f"{path}/attendance", specialist, json={"attendance": "no_show"}),
            409,
            "slot_not_started",
        )
        assert api.request("GET", path, ann).json()["attendance"] is None
        change_stored("bookings", {"booking_id": booking.id}, slot_start_at="2020-01-01T00:00:00.000000Z")

        for attendance in ("no_show", "attended", None):
            told = api.request("PATCH", f"{path}/attendance", specialist, json={"attendance": attendance})

            assert (told.status_code, told.json()["attendance"]) == (200, attendance)
            assert api.request("GET", path, ann).json()["attendance"] == attendance

    @pytest.mark.parametrize("body", [None, {}, {"attendance": "late"}, {"attendance": True}, {"attendance": ""}])
    def test_anything_else_is_refused(self, api: Api, specialist: Caller, body: dict[str, object] | None) -> None:
        error_of(api.request("PATCH", "/bookings/bkg_no/attendance", specialist, json=body), 422, "validation_error")
