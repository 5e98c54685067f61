"""Booking: one atomic write that takes the slot, and every reason why it does not."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from booking.bookings import rules
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.bookings.errors import KeyUsedForOtherRequest
from booking.bookings.read import find_booking
from booking.bookings.rules import Status
from booking.caller import Caller, Locale, Role
from booking.errors import BookingError
from booking.runtime.ids import new_id
from booking.slots.errors import ServiceLongerThanSlot, SlotAlreadyBooked, SlotNotFound, SlotStarted
from booking.slots.rules import Client
from booking.specialists.errors import ServiceNotFound
from booking.specialists.rules import Service
from booking.specialists.services import create_service
from tests.integration.people import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    a_booking,
    a_client,
    a_slot,
    a_specialist,
    an_admin,
)
from tests.integration.store_calls import counted_calls
from tests.integration.tables import change_stored, refused, slot_item, slot_key_of, stored, stored_in_calendar


def a_service(of: Caller, minutes: int = 30) -> Service:
    return create_service(
        of, title="Haircut", description=None, duration_minutes=minutes, price=Decimal("25.00"), now=NOW
    )


def test_a_booking_takes_the_slot_in_one_call() -> None:
    slot, client = a_slot(a_specialist()), a_client()

    with counted_calls() as calls:
        booking = create_booking(client, Wish(slot.id), NOW)

    assert calls.operations == ["TransactWriteItems"]
    assert (booking.slot_id, booking.client_id, booking.specialist_id) == (slot.id, client.user_id, slot.specialist_id)
    assert (booking.status, booking.created_at, booking.cancelled_at) == (Status.CONFIRMED, NOW, None)
    [held] = stored_in_calendar("slot")
    assert (held["booking_id"], held["client_id"]) == (booking.id, client.user_id)
    [kept] = stored("bookings")
    assert (kept["booking_id"], kept["status"], kept["slot_id"]) == (booking.id, "confirmed", slot.id)
    assert kept["timer"].startswith("remind#")


def test_a_booking_with_a_key_is_one_call_too() -> None:
    slot = a_slot(a_specialist())

    with counted_calls() as calls:
        create_booking(a_client(), Wish(slot.id, key="k"), NOW)

    assert calls.operations == ["TransactWriteItems"]


def test_a_booking_with_a_service_costs_one_read_more_and_keeps_title_and_price_as_they_were() -> None:
    specialist = a_specialist()
    slot, service = a_slot(specialist), a_service(specialist)

    with counted_calls() as calls:
        booking = create_booking(a_client(), Wish(slot.id, service_id=service.id), NOW)

    assert calls.operations == ["GetItem", "TransactWriteItems"]
    assert booking.service_id == service.id
    [kept] = stored("bookings")
    assert (kept["service_title"], kept["service_price"], kept["service_minutes"]) == ("Haircut", "25.00", 30)


def test_a_booking_keeps_its_clients_language() -> None:
    client = Caller(new_id("usr"), Role.CLIENT, "c@example.com", Locale.RU)

    create_booking(client, Wish(a_slot(a_specialist()).id), NOW)

    assert stored("bookings")[0]["client_locale"] == "ru"


def test_a_booking_keeps_who_its_client_is_as_the_token_says_and_reads_nothing_for_it() -> None:
    client = replace(a_client(), name="Ann", phone="+49301234")
    slot = a_slot(a_specialist())

    with counted_calls() as calls:
        booking = create_booking(client, Wish(slot.id), NOW)

    assert calls.operations == ["TransactWriteItems"]
    assert booking.client == Client(client.user_id, client.email, "en", "Ann", "+49301234")
    [kept] = stored("bookings")
    assert (kept["client_name"], kept["client_phone"]) == ("Ann", "+49301234")
    assert find_booking(booking.id).client == booking.client


def test_an_admin_books_too() -> None:
    booking = create_booking(an_admin(), Wish(a_slot(a_specialist()).id), NOW)

    assert stored_in_calendar("slot")[0]["booking_id"] == booking.id


def test_a_taken_slot_stays_with_whoever_has_it() -> None:
    first = a_booking(a_specialist(), a_client())

    with pytest.raises(SlotAlreadyBooked):
        create_booking(a_client(), Wish(first.slot_id), NOW)

    assert [booking["booking_id"] for booking in stored("bookings")] == [first.id]
    assert stored_in_calendar("slot")[0]["booking_id"] == first.id


@pytest.mark.parametrize("after_start", [timedelta(0), SECOND, DAY])
def test_a_slot_that_has_started_cannot_be_booked(after_start: timedelta) -> None:
    slot = a_slot(a_specialist())

    with pytest.raises(SlotStarted):
        create_booking(a_client(), Wish(slot.id), slot.start_at + after_start)

    assert stored("bookings") == []
    assert "booking_id" not in stored_in_calendar("slot")[0]


def test_a_slot_can_be_booked_until_the_moment_it_starts() -> None:
    slot = a_slot(a_specialist())

    booking = create_booking(a_client(), Wish(slot.id), slot.start_at - timedelta(microseconds=1))

    assert stored_in_calendar("slot")[0]["booking_id"] == booking.id


def test_a_deleted_slot_cannot_be_booked() -> None:
    specialist = a_specialist()
    slot = a_slot(specialist)
    delete_slot(specialist, slot.id, NOW)

    with pytest.raises(SlotNotFound):
        create_booking(a_client(), Wish(slot.id), NOW)

    assert stored("bookings") == []
    assert stored_in_calendar("slot") == []


def test_a_slot_that_was_opened_again_at_the_same_time_is_another_slot() -> None:
    specialist = a_specialist()
    old = a_slot(specialist)
    delete_slot(specialist, old.id, NOW)
    a_slot(specialist, length=2 * HOUR)

    with pytest.raises(SlotNotFound):
        create_booking(a_client(), Wish(old.id), NOW)

    assert stored("bookings") == []
    assert "booking_id" not in stored_in_calendar("slot")[0]


@pytest.mark.parametrize("slot_id", ["", "slt_", "nonsense", "slt_" + "A" * 43, "é" * 60, "\x00", "x" * 10_000])
def test_what_is_no_slot_id_is_not_found_without_asking_the_store(slot_id: str) -> None:
    with counted_calls() as calls, pytest.raises(SlotNotFound):
        create_booking(a_client(), Wish(slot_id), NOW)

    assert set(calls.operations) <= ({"TransactWriteItems"} if slot_id.startswith("slt_A") else set())


@pytest.mark.parametrize("service_id", ["", "nonsense", "svc_", "x" * 10_000, f"svc_{'A' * 22}"])
def test_an_unknown_service_is_refused(service_id: str) -> None:
    slot = a_slot(a_specialist())

    with pytest.raises(ServiceNotFound):
        create_booking(a_client(), Wish(slot.id, service_id=service_id), NOW)

    assert stored("bookings") == []


def test_a_slot_that_is_no_more_is_not_found_however_long_the_service() -> None:
    specialist = a_specialist()
    client, slot, service = a_client(), a_slot(specialist), a_service(specialist, minutes=480)
    delete_slot(specialist, slot.id, NOW)

    refused(SlotNotFound, lambda: create_booking(client, Wish(slot.id, service_id=service.id), NOW))


def test_another_specialists_service_is_refused() -> None:
    slot, service = a_slot(a_specialist()), a_service(a_specialist())

    with pytest.raises(ServiceNotFound):
        create_booking(a_client(), Wish(slot.id, service_id=service.id), NOW)

    assert stored("bookings") == []


def test_a_service_must_fit_into_the_slot() -> None:
    specialist = a_specialist()
    slot = a_slot(specialist, length=30 * MINUTE)

    with pytest.raises(ServiceLongerThanSlot):
        create_booking(a_client(), Wish(slot.id, service_id=a_service(specialist, minutes=31).id), NOW)
    booking = create_booking(a_client(), Wish(slot.id, service_id=a_service(specialist, minutes=30).id), NOW)

    assert [kept["booking_id"] for kept in stored("bookings")] == [booking.id]


def test_a_new_booking_never_replaces_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    specialist = a_specialist()
    earlier, free = a_booking(specialist, a_client()), a_slot(specialist, 3 * HOUR)
    monkeypatch.setattr(rules, "new_id", lambda _: earlier.id)

    with pytest.raises(BookingError):
        create_booking(a_client(), Wish(free.id), NOW)

    assert [booking["slot_id"] for booking in stored("bookings")] == [earlier.slot_id]
    assert "booking_id" not in slot_item(free.id)


class TestIdempotencyKeys:
    def test_a_repeat_gets_the_first_answer_and_books_nothing(self) -> None:
        slot, client = a_slot(a_specialist()), a_client()
        first = create_booking(client, Wish(slot.id, key="k"), NOW)

        again = create_booking(client, Wish(slot.id, key="k"), NOW + HOUR - SECOND)

        assert again == first
        assert len(stored("bookings")) == 1
        assert len(stored("ephemeral")) == 1

    def test_a_repeat_gets_the_first_answer_also_when_the_booking_has_been_cancelled(self) -> None:
        slot, client = a_slot(a_specialist()), a_client()
        first = create_booking(client, Wish(slot.id, key="k"), NOW)
        cancel_booking(client, first.id, NOW)

        again = create_booking(client, Wish(slot.id, key="k"), NOW)

        assert again == first
        assert [booking["status"] for booking in stored("bookings")] == ["cancelled"]
        assert "booking_id" not in stored_in_calendar("slot")[0]

    def test_a_repeat_gets_the_first_answer_also_after_the_slot_has_started(self) -> None:
        slot, client = a_slot(a_specialist()), a_client()
        first = create_booking(client, Wish(slot.id, key="k"), NOW)

        assert create_booking(client, Wish(slot.id, key="k"), slot.end_at) == first

    def test_a_repeat_gets_the_whole_first_answer(self) -> None:
        specialist, client = a_specialist(), a_client()
        slot, service = a_slot(specialist), a_service(specialist)

        first = create_booking(client, Wish(slot.id, service_id=service.id, key="k"), NOW)
        again = create_booking(client, Wish(slot.id, service_id=service.id, key="k"), NOW)

        assert again == first
        assert again.service_id == service.id

    def test_the_same_key_with_another_slot_is_refused(self) -> None:
        specialist, client = a_specialist(), a_client()
        slot, other = a_slot(specialist), a_slot(specialist, 3 * HOUR)
        create_booking(client, Wish(slot.id, key="k"), NOW)

        with pytest.raises(KeyUsedForOtherRequest):
            create_booking(client, Wish(other.id, key="k"), NOW)

        assert [booking["slot_id"] for booking in stored("bookings")] == [slot.id]
        assert "booking_id" not in slot_item(other.id)

    def test_the_same_key_with_another_service_is_refused(self) -> None:
        specialist, client = a_specialist(), a_client()
        slot = a_slot(specialist)
        create_booking(client, Wish(slot.id, key="k"), NOW)

        with pytest.raises(KeyUsedForOtherRequest):
            create_booking(client, Wish(slot.id, service_id=a_service(specialist).id, key="k"), NOW)

    def test_clients_do_not_share_keys(self) -> None:
        specialist = a_specialist()
        slot, other = a_slot(specialist), a_slot(specialist, 3 * HOUR)
        create_booking(a_client(), Wish(slot.id, key="k"), NOW)

        create_booking(a_client(), Wish(other.id, key="k"), NOW)

        assert len(stored("bookings")) == 2

    def test_a_key_whose_booking_failed_is_free_again(self) -> None:
        specialist, client = a_specialist(), a_client()
        taken, free = a_booking(specialist, a_client()), a_slot(specialist, 3 * HOUR)
        with pytest.raises(SlotAlreadyBooked):
            create_booking(client, Wish(taken.slot_id, key="k"), NOW)

        booking = create_booking(client, Wish(free.id, key="k"), NOW)

        assert booking.slot_id == free.id
        assert len(stored("ephemeral")) == 1

    def test_a_key_is_kept_for_24_hours(self) -> None:
        specialist, client = a_specialist(), a_client()
        slot, other = a_slot(specialist, 2 * DAY), a_slot(specialist, 3 * DAY)
        create_booking(client, Wish(slot.id, key="k"), NOW)

        with pytest.raises(KeyUsedForOtherRequest):
            create_booking(client, Wish(other.id, key="k"), NOW + DAY - SECOND)
        create_booking(client, Wish(other.id, key="k"), NOW + DAY)

        assert len(stored("bookings")) == 2
        [record] = stored("ephemeral")
        assert record["expires_at"] == int((NOW + 2 * DAY).timestamp())

    def test_the_record_of_a_key_holds_no_key(self) -> None:
        create_booking(a_client(), Wish(a_slot(a_specialist()).id, key="a-clients-own-word"), NOW)

        assert "a-clients-own-word" not in str(stored("ephemeral"))


def test_a_slot_whose_holder_is_unknown_to_the_bookings_is_still_taken() -> None:
    slot = a_slot(a_specialist())
    change_stored("calendar", slot_key_of(slot.id), booking_id="bkg_x")

    with pytest.raises(SlotAlreadyBooked):
        create_booking(a_client(), Wish(slot.id), NOW)

    assert stored("bookings") == []
