"""Moving a booking: the new slot is taken and the old one given back in one write."""

from decimal import Decimal

import pytest

from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.bookings.errors import BookingNotFound, NotConfirmed, OtherSpecialist
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.errors import Forbidden, StoreUnavailable
from booking.runtime.ids import new_id
from booking.slots.errors import ServiceLongerThanSlot, SlotAlreadyBooked, SlotNotFound, SlotStarted
from booking.specialists.services import create_service
from tests.integration.people import (
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    a_booking,
    a_client,
    a_slot,
    a_specialist,
    a_waiter,
    an_admin,
    three_waiters,
    with_other,
)
from tests.integration.store_calls import counted_calls, just_before
from tests.integration.tables import (
    booking_item,
    change_stored,
    refused,
    slot_item,
    slot_key_of,
    stored,
    stored_in_calendar,
    waiting,
)


def test_moving_takes_the_new_slot_and_frees_the_old_one_in_three_calls() -> None:
    specialist, client = a_specialist(), a_client()
    booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

    with counted_calls() as calls:
        moved = reschedule_booking(client, booking.id, other.id, NOW)

    assert calls.operations == ["GetItem", "Query", "TransactWriteItems"]
    assert (moved.id, moved.slot_id, moved.slot_start_at) == (booking.id, other.id, other.start_at)
    kept = booking_item(booking.id)
    assert (kept["slot_id"], kept["status"], kept["sequence"]) == (other.id, "confirmed", 1)
    assert (kept["slot_start_at"], kept["slot_end_at"]) == (
        "2030-03-01T11:00:00.000000Z",
        "2030-03-01T12:00:00.000000Z",
    )
    assert kept["starts"] == f"2030-03-01T11:00:00.000000Z#{booking.id}"
    assert (slot_item(other.id)["booking_id"], slot_item(other.id)["client_id"]) == (booking.id, client.user_id)
    assert not {"booking_id", "client_id"} & slot_item(booking.slot_id).keys()


def test_a_moved_booking_is_reminded_anew() -> None:
    specialist, client = a_specialist(), a_client()
    booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
    change_stored("bookings", {"booking_id": booking.id}, timer="expire#0")

    reschedule_booking(client, booking.id, other.id, NOW)

    assert booking_item(booking.id)["timer"].startswith("remind#")


def test_each_move_raises_the_sequence() -> None:
    specialist, client = a_specialist(), a_client()
    booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

    reschedule_booking(client, booking.id, other.id, NOW)
    reschedule_booking(client, booking.id, booking.slot_id, NOW)

    assert booking_item(booking.id)["sequence"] == 2


def test_moving_to_its_own_slot_changes_nothing() -> None:
    client = a_client()
    booking = a_booking(a_specialist(), client)

    with counted_calls() as calls:
        assert reschedule_booking(client, booking.id, booking.slot_id, NOW) == booking

    assert calls.operations == ["GetItem"]


def test_the_first_in_line_gets_the_slot_that_is_left() -> None:
    specialist, client = a_specialist(), a_client()
    booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
    first, second, third = three_waiters(booking.slot_id)

    with counted_calls() as calls:
        reschedule_booking(client, booking.id, other.id, NOW)

    assert len(calls.operations) == 3
    left = slot_item(booking.slot_id)
    assert (left["client_id"], left["waiters"]) == (first.user_id, 2)
    assert booking_item(left["booking_id"])["client_id"] == first.user_id
    assert waiting(booking.slot_id) == [second.user_id, third.user_id]


@pytest.mark.parametrize("mover", ["client", "specialist", "admin"])
def test_client_specialist_and_admin_may_move(mover: str) -> None:
    people = {"client": a_client(), "specialist": a_specialist(), "admin": an_admin()}
    booking, other = a_booking(people["specialist"], people["client"]), a_slot(people["specialist"], 3 * HOUR)

    reschedule_booking(people[mover], booking.id, other.id, NOW)

    assert slot_item(other.id)["client_id"] == people["client"].user_id


class TestRefusals:
    def test_strangers_may_not_move(self) -> None:
        specialist = a_specialist()
        booking, other = a_booking(specialist, a_client()), a_slot(specialist, 3 * HOUR)

        refused(Forbidden, lambda: reschedule_booking(a_client(), booking.id, other.id, NOW))

    def test_an_unknown_booking(self) -> None:
        slot = a_slot(a_specialist())

        refused(BookingNotFound, lambda: reschedule_booking(an_admin(), new_id("bkg"), slot.id, NOW))

    @pytest.mark.parametrize("status", ["cancelled", "expired"])
    def test_a_booking_that_has_ended(self, status: str) -> None:
        specialist = a_specialist()
        booking, other = a_booking(specialist, a_client()), a_slot(specialist, 3 * HOUR)
        change_stored("bookings", {"booking_id": booking.id}, status=status)

        refused(NotConfirmed, lambda: reschedule_booking(an_admin(), booking.id, other.id, NOW))

    def test_a_client_whose_slot_has_started(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

        refused(SlotStarted, lambda: reschedule_booking(client, booking.id, other.id, booking.slot_start_at))

    def test_a_new_slot_that_has_started(self) -> None:
        specialist, client = a_specialist(), a_client()
        earlier, booking = a_slot(specialist), a_booking(specialist, client, 3 * HOUR)

        refused(SlotStarted, lambda: reschedule_booking(client, booking.id, earlier.id, earlier.start_at))

    def test_a_taken_slot(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_booking(specialist, a_client(), 3 * HOUR)

        refused(SlotAlreadyBooked, lambda: reschedule_booking(client, booking.id, other.slot_id, NOW))

    @pytest.mark.parametrize("slot_id", ["", "nonsense", "x" * 10_000])
    def test_what_is_no_slot_id(self, slot_id: str) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)

        refused(SlotNotFound, lambda: reschedule_booking(client, booking.id, slot_id, NOW))

    def test_a_deleted_slot(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
        delete_slot(specialist, other.id, NOW)

        refused(SlotNotFound, lambda: reschedule_booking(client, booking.id, other.id, NOW))

    def test_a_slot_that_was_opened_again_at_the_same_time(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
        delete_slot(specialist, other.id, NOW)
        a_slot(specialist, 3 * HOUR)

        refused(SlotNotFound, lambda: reschedule_booking(client, booking.id, other.id, NOW))

    @pytest.mark.parametrize("part", ["nonce", "duration"])
    def test_an_id_that_differs_from_that_of_its_own_slot_where_the_start_does_not(self, part: str) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)

        refused(SlotNotFound, lambda: reschedule_booking(client, booking.id, with_other(part, booking.slot_id), NOW))

    def test_a_slot_that_was_opened_again_longer_or_shorter(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

        refused(SlotNotFound, lambda: reschedule_booking(client, booking.id, with_other("duration", other.id), NOW))

    def test_another_specialists_slot(self) -> None:
        client = a_client()
        booking, other = a_booking(a_specialist(), client), a_slot(a_specialist(), 3 * HOUR)

        refused(OtherSpecialist, lambda: reschedule_booking(client, booking.id, other.id, NOW))

    def test_another_specialists_slot_that_is_no_more(self) -> None:
        client, stranger = a_client(), a_specialist()
        booking, other = a_booking(a_specialist(), client), a_slot(stranger, 3 * HOUR)
        delete_slot(stranger, other.id, NOW)

        refused(SlotNotFound, lambda: reschedule_booking(client, booking.id, other.id, NOW))

    def test_a_slot_that_is_too_short_for_the_service(self) -> None:
        specialist, client = a_specialist(), a_client()
        service = create_service(
            specialist, title="Cut", description=None, duration_minutes=60, price=Decimal(1), now=NOW
        )
        booking = create_booking(client, Wish(a_slot(specialist).id, service_id=service.id), NOW)
        short = a_slot(specialist, 3 * HOUR, 59 * MINUTE)

        refused(ServiceLongerThanSlot, lambda: reschedule_booking(client, booking.id, short.id, NOW))

    def test_a_slot_that_is_no_more_and_was_too_short_for_the_service(self) -> None:
        specialist, client = a_specialist(), a_client()
        service = create_service(
            specialist, title="Cut", description=None, duration_minutes=60, price=Decimal(1), now=NOW
        )
        booking = create_booking(client, Wish(a_slot(specialist).id, service_id=service.id), NOW)
        short = a_slot(specialist, 3 * HOUR, 59 * MINUTE)
        delete_slot(specialist, short.id, NOW)

        refused(SlotNotFound, lambda: reschedule_booking(client, booking.id, short.id, NOW))


class TestWhatHappensInBetween:
    """Something changes after the booking was read and before the write."""

    def test_a_booking_that_is_cancelled_is_not_moved(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

        with (
            just_before("TransactWriteItems", lambda: cancel_booking(client, booking.id, NOW)),
            pytest.raises(NotConfirmed),
        ):
            reschedule_booking(client, booking.id, other.id, NOW)

        assert booking_item(booking.id)["status"] == "cancelled"
        assert all("booking_id" not in slot for slot in stored_in_calendar("slot"))

    def test_a_booking_that_expires_is_not_moved(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
        expire = {"status": "expired"}

        with (
            just_before("TransactWriteItems", lambda: change_stored("bookings", {"booking_id": booking.id}, **expire)),
            pytest.raises(NotConfirmed),
        ):
            reschedule_booking(client, booking.id, other.id, NOW)

        assert booking_item(booking.id)["slot_id"] == booking.slot_id
        assert "booking_id" not in slot_item(other.id)

    def test_a_booking_that_is_moved_elsewhere_leaves_the_slot_that_it_has_then(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking = a_booking(specialist, client)
        second, third = a_slot(specialist, 3 * HOUR), a_slot(specialist, 5 * HOUR)

        with just_before("TransactWriteItems", lambda: reschedule_booking(client, booking.id, second.id, NOW)):
            reschedule_booking(client, booking.id, third.id, NOW)

        held = {slot["slot_id"]: slot.get("booking_id") for slot in stored_in_calendar("slot")}
        assert held == {booking.slot_id: None, second.id: None, third.id: booking.id}
        assert booking_item(booking.id)["slot_id"] == third.id

    def test_a_repeat_that_is_carried_out_first_is_no_conflict(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
        answers = []

        with just_before(
            "TransactWriteItems", lambda: answers.append(reschedule_booking(client, booking.id, other.id, NOW))
        ):
            answers.append(reschedule_booking(client, booking.id, other.id, NOW))

        assert [answer.slot_id for answer in answers] == [other.id, other.id]
        assert booking_item(booking.id)["sequence"] == 1
        assert "booking_id" not in slot_item(booking.slot_id)

    def test_a_repeat_that_is_carried_out_first_is_none_after_the_slots_start_either(self) -> None:
        specialist = a_specialist()
        booking, other = a_booking(specialist, a_client()), a_slot(specialist, 3 * HOUR)

        with just_before("TransactWriteItems", lambda: reschedule_booking(specialist, booking.id, other.id, NOW)):
            moved = reschedule_booking(specialist, booking.id, other.id, other.start_at)

        assert moved.slot_id == other.id

    def test_a_slot_that_is_another_by_now_is_looked_at_again(self, waits: list[float]) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        opened_again = with_other("nonce", booking.slot_id)
        change_stored("calendar", slot_key_of(booking.slot_id), slot_id=opened_again)

        with counted_calls() as calls, pytest.raises(StoreUnavailable):
            reschedule_booking(client, booking.id, opened_again, NOW)

        assert calls.counted == {"GetItem": 2 * (len(waits) + 1)}

    def test_a_client_that_joins_the_line_gets_the_slot_that_is_left(self) -> None:
        specialist, client, waiter = a_specialist(), a_client(), a_waiter()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

        with just_before("TransactWriteItems", lambda: join_wait_list(waiter, booking.slot_id, NOW)):
            reschedule_booking(client, booking.id, other.id, NOW)

        assert slot_item(booking.slot_id)["client_id"] == waiter.user_id
        assert stored("waitlist") == []

    def test_the_new_slot_that_is_taken_is_refused(self) -> None:
        specialist, client, quicker = a_specialist(), a_client(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

        with (
            just_before("TransactWriteItems", lambda: create_booking(quicker, Wish(other.id), NOW)),
            pytest.raises(SlotAlreadyBooked),
        ):
            reschedule_booking(client, booking.id, other.id, NOW)

        assert slot_item(other.id)["client_id"] == quicker.user_id
        assert slot_item(booking.slot_id)["booking_id"] == booking.id


def test_a_booking_whose_slot_somebody_else_holds_is_not_moved() -> None:
    specialist, client = a_specialist(), a_client()
    booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
    change_stored("calendar", slot_key_of(booking.slot_id), booking_id="bkg_other")

    with pytest.raises(StoreUnavailable):
        reschedule_booking(client, booking.id, other.id, NOW)

    assert slot_item(booking.slot_id)["booking_id"] == "bkg_other"
    assert "booking_id" not in slot_item(other.id)


def test_its_specialist_moves_a_booking_whose_slot_has_started() -> None:
    specialist = a_specialist()
    booking, other = a_booking(specialist, a_client()), a_slot(specialist, 3 * HOUR)
    three_waiters(booking.slot_id)

    reschedule_booking(specialist, booking.id, other.id, booking.slot_start_at + SECOND)

    assert slot_item(other.id)["booking_id"] == booking.id
    assert not {"booking_id", "client_id", "waiters"} & slot_item(booking.slot_id).keys()
    assert len(stored("bookings")) == 1
