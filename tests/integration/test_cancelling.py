"""Cancelling: the slot goes to the first in line, or is free, in the same write as the booking's end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from booking.bookings import free_time, rules
from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.errors import BookingHasExpired, BookingNotFound
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.read import BookingFilter, get_booking, list_own_bookings
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Booking, Status
from booking.caller import Caller, Locale, Role
from booking.dynamodb.contention import CONTENTION_BUDGET_SECONDS
from booking.dynamodb.queries import PageRequest
from booking.errors import Forbidden, StoreUnavailable
from booking.runtime.ids import new_id
from booking.slots.errors import SlotStarted
from booking.slots.promotion import first_waiter
from booking.slots.wait_list import drop_inactive, leave_wait_list
from tests.integration.people import (
    HOUR,
    NOW,
    SECOND,
    a_booking,
    a_client,
    a_service,
    a_slot,
    a_specialist,
    a_waiter,
    an_admin,
    entry_of,
    parsed,
    set_active,
    three_waiters,
)
from tests.integration.store_calls import after_cancelled_transactions, counted_calls, just_before
from tests.integration.tables import (
    booking_item,
    change_stored,
    delete_stored,
    slot_item,
    slot_key_of,
    stored,
    stored_in_calendar,
    waiting,
)


def test_cancelling_frees_the_slot_in_three_calls() -> None:
    client = a_client()
    booking = a_booking(a_specialist(), client)

    with counted_calls() as calls:
        cancelled = cancel_booking(client, booking.id, NOW + SECOND)

    assert calls.operations == ["GetItem", "Query", "TransactWriteItems"]
    assert (cancelled.status, cancelled.cancelled_at) == (Status.CANCELLED, NOW + SECOND)
    kept = booking_item(booking.id)
    assert (kept["status"], kept["cancelled_at"]) == ("cancelled", "2030-03-01T08:00:01.000000Z")
    assert "timer" not in kept
    assert not {"booking_id", "client_id"} & slot_item(booking.slot_id).keys()


def test_a_reason_is_kept_with_the_booking() -> None:
    client = a_client()
    booking, other = a_booking(a_specialist(), client), a_booking(a_specialist(), client)

    cancelled = cancel_booking(client, booking.id, NOW, reason="I am ill")
    without = cancel_booking(client, other.id, NOW)

    assert (booking.cancel_reason, cancelled.cancel_reason, without.cancel_reason) == (None, "I am ill", None)
    assert booking_item(booking.id)["cancel_reason"] == "I am ill"
    assert "cancel_reason" not in booking_item(other.id)
    assert get_booking(client, booking.id, NOW) == cancelled


def test_the_first_reason_stays() -> None:
    specialist, client = a_specialist(), a_client()
    booking, silent = a_booking(specialist, client), a_booking(specialist, client, 3 * HOUR)
    first = cancel_booking(client, booking.id, NOW, reason="I am ill")
    cancel_booking(client, silent.id, NOW)

    assert cancel_booking(specialist, booking.id, NOW, reason="Something else") == first
    assert cancel_booking(specialist, silent.id, NOW, reason="Something else").cancel_reason is None
    assert booking_item(booking.id)["cancel_reason"] == "I am ill"


def test_of_two_cancellations_at_once_the_reason_of_the_one_that_is_written_is_told() -> None:
    specialist, client = a_specialist(), a_client()
    booking = a_booking(specialist, client)

    with just_before("TransactWriteItems", lambda: cancel_booking(specialist, booking.id, NOW, reason="No heating")):
        cancelled = cancel_booking(client, booking.id, NOW, reason="I am ill")

    assert cancelled.cancel_reason == booking_item(booking.id)["cancel_reason"] == "No heating"


def test_a_cancelled_slot_can_be_booked_again() -> None:
    client = a_client()
    booking = a_booking(a_specialist(), client)
    cancel_booking(client, booking.id, NOW)

    again = create_booking(client, Wish(booking.slot_id), NOW)

    assert slot_item(booking.slot_id)["booking_id"] == again.id


def test_cancelling_twice_changes_nothing_more() -> None:
    client, other = a_client(), a_client()
    booking = a_booking(a_specialist(), client)
    first = cancel_booking(client, booking.id, NOW)
    taken_again = create_booking(other, Wish(booking.slot_id), NOW)

    again = cancel_booking(client, booking.id, NOW + SECOND)

    assert again == first
    assert slot_item(booking.slot_id)["booking_id"] == taken_again.id


@pytest.mark.parametrize("canceller", ["client", "specialist", "admin"])
def test_client_specialist_and_admin_may_cancel(canceller: str) -> None:
    people = {"client": a_client(), "specialist": a_specialist(), "admin": an_admin()}
    booking = a_booking(people["specialist"], people["client"])

    cancel_booking(people[canceller], booking.id, NOW)

    assert booking_item(booking.id)["status"] == "cancelled"


@pytest.mark.parametrize("stranger", [a_client, lambda: Caller(new_id("usr"), Role.SPECIALIST, "s@example.com")])
def test_strangers_may_not_cancel(stranger: Callable[[], Caller]) -> None:
    booking = a_booking(a_specialist(), a_client())

    with pytest.raises(Forbidden):
        cancel_booking(stranger(), booking.id, NOW)

    assert booking_item(booking.id)["status"] == "confirmed"
    assert slot_item(booking.slot_id)["booking_id"] == booking.id


@pytest.mark.parametrize("booking_id", ["", "bkg_", "nonsense", "bkg_\x00", "é" * 26, "x" * 10_000])
def test_what_is_no_booking_id_is_not_found_without_asking_the_store(booking_id: str) -> None:
    with counted_calls() as calls, pytest.raises(BookingNotFound):
        cancel_booking(a_client(), booking_id, NOW)

    assert calls.operations == []


def test_an_unknown_booking_is_not_found() -> None:
    with pytest.raises(BookingNotFound):
        cancel_booking(a_client(), new_id("bkg"), NOW)


def test_an_expired_booking_cannot_be_cancelled() -> None:
    client = a_client()
    booking = a_booking(a_specialist(), client)
    change_stored("bookings", {"booking_id": booking.id}, status="expired")

    with pytest.raises(BookingHasExpired):
        cancel_booking(client, booking.id, NOW)

    assert booking_item(booking.id)["status"] == "expired"


def test_once_the_slot_has_started_its_client_can_no_longer_cancel() -> None:
    client = a_client()
    booking = a_booking(a_specialist(), client)

    with pytest.raises(SlotStarted):
        cancel_booking(client, booking.id, booking.slot_start_at)
    cancel_booking(client, booking.id, booking.slot_start_at - timedelta(microseconds=1))

    assert booking_item(booking.id)["status"] == "cancelled"


def test_once_the_slot_has_started_its_specialist_cancels_and_nobody_is_promoted() -> None:
    specialist = a_specialist()
    booking = a_booking(specialist, a_client())
    three_waiters(booking.slot_id)

    cancel_booking(specialist, booking.id, booking.slot_start_at)

    assert [item["status"] for item in stored("bookings")] == ["cancelled"]
    assert not {"booking_id", "client_id", "waiters"} & slot_item(booking.slot_id).keys()


class TestPromotion:
    def test_a_promoted_booking_says_who_its_client_is(self) -> None:
        client, specialist = a_client(), a_specialist()
        booking = a_booking(specialist, client)
        waiter = replace(a_waiter(), name="Ben", phone="+49305678")
        join_wait_list(waiter, booking.slot_id, NOW)

        cancel_booking(client, booking.id, NOW)

        promoted = booking_item(str(slot_item(booking.slot_id)["booking_id"]))
        assert (promoted["client_id"], promoted["client_name"], promoted["client_phone"]) == (
            waiter.user_id,
            "Ben",
            "+49305678",
        )

    def test_the_first_of_three_gets_the_slot_and_the_others_keep_their_order(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        first, second, third = three_waiters(booking.slot_id)

        with counted_calls() as calls:
            cancel_booking(client, booking.id, NOW + HOUR - SECOND)

        assert calls.operations == ["GetItem", "Query", "TransactWriteItems"]
        slot = slot_item(booking.slot_id)
        promoted = booking_item(str(slot["booking_id"]))
        assert (promoted["client_id"], promoted["client_email"]) == (first.user_id, first.email)
        assert (promoted["status"], promoted["slot_id"]) == ("confirmed", booking.slot_id)
        assert promoted["from_wait_list"] is True
        assert str(promoted["timer"]).startswith("remind#")
        assert (slot["client_id"], slot["waiters"]) == (first.user_id, 2)
        assert waiting(booking.slot_id) == [second.user_id, third.user_id]
        assert booking_item(booking.id)["status"] == "cancelled"

    def test_the_whole_line_is_served_in_order(self) -> None:
        admin = an_admin()
        booking = a_booking(a_specialist(), a_client())
        line = three_waiters(booking.slot_id)

        holders = []
        for _ in line:
            cancel_booking(admin, str(slot_item(booking.slot_id)["booking_id"]), NOW)
            holders.append(slot_item(booking.slot_id)["client_id"])

        assert holders == [caller.user_id for caller in line]
        assert stored("waitlist") == []
        assert slot_item(booking.slot_id)["waiters"] == 0

    def test_a_promoted_client_keeps_its_language(self) -> None:
        client, waiter = a_client(), a_waiter(Locale.RU)
        booking = a_booking(a_specialist(), client)
        join_wait_list(waiter, booking.slot_id, NOW)

        cancel_booking(client, booking.id, NOW)

        assert booking_item(str(slot_item(booking.slot_id)["booking_id"]))["client_locale"] == "ru"

    def test_a_promotion_never_replaces_another_booking(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client = a_client()
        booking, other = a_booking(a_specialist(), client), a_booking(a_specialist(), a_client())
        three_waiters(booking.slot_id)
        monkeypatch.setattr(rules, "new_id", lambda _: other.id)

        with pytest.raises(StoreUnavailable):
            cancel_booking(client, booking.id, NOW)

        assert booking_item(other.id)["slot_id"] == other.slot_id
        assert booking_item(booking.id)["status"] == "confirmed"
        assert len(waiting(booking.slot_id)) == 3


class TestPromotionForAService:
    def test_the_promoted_booking_is_for_the_service_that_was_asked_for(self) -> None:
        specialist, waiter = a_specialist(), a_waiter()
        booking, service = a_booking(specialist, a_client()), a_service(specialist)
        join_wait_list(waiter, booking.slot_id, NOW, service_id=service.id)

        with counted_calls() as calls:
            cancel_booking(specialist, booking.id, NOW)

        assert calls.operations == ["GetItem", "Query", "TransactWriteItems"]
        promoted = booking_item(str(slot_item(booking.slot_id)["booking_id"]))
        assert (promoted["service_id"], promoted["service_title"]) == (service.id, "Haircut")
        assert (promoted["service_price"], promoted["service_minutes"]) == ("25.00", 60)
        assert list_own_bookings(waiter, BookingFilter(), PageRequest(20)).items[0].service_id == service.id

    def test_who_asked_for_none_is_promoted_without_one(self) -> None:
        specialist = a_specialist()
        booking = create_booking(a_client(), Wish(a_slot(specialist).id, service_id=a_service(specialist).id), NOW)
        join_wait_list(a_waiter(), booking.slot_id, NOW)

        cancel_booking(specialist, booking.id, NOW)

        promoted = booking_item(str(slot_item(booking.slot_id)["booking_id"]))
        assert not {"service_id", "service_title", "service_price", "service_minutes"} & promoted.keys()


class TestWaitersWhoseAccountIsNotActive:
    def test_are_passed_over_and_taken_out_of_the_line(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        first, second, third = three_waiters(booking.slot_id)
        set_active(first, is_active=False)

        cancel_booking(client, booking.id, NOW)

        slot = slot_item(booking.slot_id)
        assert (slot["client_id"], slot["waiters"]) == (second.user_id, 1)
        assert waiting(booking.slot_id) == [third.user_id]
        assert [item["client_id"] for item in stored("bookings") if item["status"] == "confirmed"] == [second.user_id]

    def test_are_passed_over_when_a_booking_moves_too(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
        first, second, third = three_waiters(booking.slot_id)
        for waiter in (first, second):
            set_active(waiter, is_active=False)

        reschedule_booking(client, booking.id, other.id, NOW)

        left = slot_item(booking.slot_id)
        assert (left["client_id"], left["waiters"], waiting(booking.slot_id)) == (third.user_id, 0, [])
        assert slot_item(other.id)["booking_id"] == booking.id

    def test_leave_the_slot_free_if_nobody_else_waits(self, waits: list[float]) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        line = three_waiters(booking.slot_id)
        for waiter in line:
            set_active(waiter, is_active=False)

        with counted_calls() as calls:
            cancel_booking(client, booking.id, NOW)

        slot = slot_item(booking.slot_id)
        assert ("booking_id" in slot, slot["waiters"], waiting(booking.slot_id)) == (False, 0, [])
        assert [item["status"] for item in stored("bookings")] == ["cancelled"]
        assert calls.counted == {"GetItem": 4, "Query": 4, "TransactWriteItems": 7}
        assert waits == []

    def test_are_those_without_an_account_too(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        join_wait_list(a_client(), booking.slot_id, NOW)

        cancel_booking(client, booking.id, NOW)

        assert "booking_id" not in slot_item(booking.slot_id)
        assert stored("waitlist") == []

    def test_are_found_by_the_write_itself(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        first, second, _ = three_waiters(booking.slot_id)

        with just_before("TransactWriteItems", lambda: set_active(first, is_active=False)):
            cancel_booking(client, booking.id, NOW)

        assert slot_item(booking.slot_id)["client_id"] == second.user_id

    def test_keep_their_place_if_the_account_is_active_again_when_they_are_to_be_taken_out(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        first, *_ = three_waiters(booking.slot_id)
        set_active(first, is_active=False)

        with after_cancelled_transactions(lambda: set_active(first, is_active=True)):
            cancel_booking(client, booking.id, NOW)

        assert slot_item(booking.slot_id)["client_id"] == first.user_id
        assert slot_item(booking.slot_id)["waiters"] == 2

    def test_are_not_taken_out_of_a_place_that_they_took_anew(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        waiter = a_client()
        join_wait_list(waiter, booking.slot_id, NOW)
        seen = first_waiter(parsed(booking.slot_id))
        assert seen is not None
        leave_wait_list(waiter, entry_of(waiter, booking.slot_id), NOW)
        join_wait_list(waiter, booking.slot_id, NOW + SECOND)

        drop_inactive(parsed(booking.slot_id), seen.waiter)

        assert (waiting(booking.slot_id), slot_item(booking.slot_id)["waiters"]) == ([waiter.user_id], 1)

    def test_in_great_number_cost_a_retry_that_goes_on_where_this_one_ended(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        for waiter in three_waiters(booking.slot_id):
            set_active(waiter, is_active=False)
        monkeypatch.setattr(free_time, "MOST_DROPPED", 2)

        with pytest.raises(StoreUnavailable):
            cancel_booking(client, booking.id, NOW)
        assert (booking_item(booking.id)["status"], len(waiting(booking.slot_id))) == ("confirmed", 1)

        cancel_booking(client, booking.id, NOW)
        assert booking_item(booking.id)["status"] == "cancelled"


class TestWhatHappensInBetween:
    """Something changes after the booking was read and before the write."""

    def test_a_client_that_joins_is_promoted(self) -> None:
        client, waiter = a_client(), a_waiter()
        booking = a_booking(a_specialist(), client)

        with just_before("TransactWriteItems", lambda: join_wait_list(waiter, booking.slot_id, NOW)):
            cancel_booking(client, booking.id, NOW)

        slot = slot_item(booking.slot_id)
        assert (slot["client_id"], slot["waiters"]) == (waiter.user_id, 0)
        assert stored("waitlist") == []

    def test_a_waiter_that_leaves_is_not_promoted_and_the_next_is(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        first, second, third = three_waiters(booking.slot_id)

        with just_before("TransactWriteItems", lambda: leave_wait_list(first, entry_of(first, booking.slot_id), NOW)):
            cancel_booking(client, booking.id, NOW)

        assert slot_item(booking.slot_id)["client_id"] == second.user_id
        assert waiting(booking.slot_id) == [third.user_id]
        assert slot_item(booking.slot_id)["waiters"] == 1

    def test_the_only_waiter_leaves_and_the_slot_is_free(self) -> None:
        client, waiter = a_client(), a_client()
        booking = a_booking(a_specialist(), client)
        join_wait_list(waiter, booking.slot_id, NOW)

        with just_before("TransactWriteItems", lambda: leave_wait_list(waiter, entry_of(waiter, booking.slot_id), NOW)):
            cancel_booking(client, booking.id, NOW)

        assert "booking_id" not in slot_item(booking.slot_id)
        assert [item["status"] for item in stored("bookings")] == ["cancelled"]

    def test_a_waiter_that_leaves_and_joins_again_is_last(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        first, second, third = three_waiters(booking.slot_id)

        def change_places() -> None:
            leave_wait_list(first, entry_of(first, booking.slot_id), NOW)
            join_wait_list(first, booking.slot_id, NOW + 10 * SECOND)

        with just_before("TransactWriteItems", change_places):
            cancel_booking(client, booking.id, NOW + 20 * SECOND)

        assert slot_item(booking.slot_id)["client_id"] == second.user_id
        assert waiting(booking.slot_id) == [third.user_id, first.user_id]

    def test_a_booking_that_is_moved_loses_the_slot_that_it_has_then(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)

        with just_before("TransactWriteItems", lambda: reschedule_booking(client, booking.id, other.id, NOW)):
            cancelled = cancel_booking(client, booking.id, NOW)

        assert cancelled.slot_id == other.id
        assert all("booking_id" not in slot for slot in stored_in_calendar("slot"))

    def test_a_booking_that_is_cancelled_by_somebody_else_is_cancelled_once(self) -> None:
        client, other = a_client(), a_client()
        booking = a_booking(a_specialist(), client)

        def cancel_and_book() -> None:
            cancel_booking(client, booking.id, NOW)
            create_booking(other, Wish(booking.slot_id), NOW)

        with just_before("TransactWriteItems", cancel_and_book):
            cancelled = cancel_booking(client, booking.id, NOW + SECOND)

        assert cancelled.cancelled_at == NOW
        assert slot_item(booking.slot_id)["client_id"] == other.user_id

    def test_a_booking_that_expires_is_not_cancelled(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        expire = {"status": "expired"}

        with (
            just_before("TransactWriteItems", lambda: change_stored("bookings", {"booking_id": booking.id}, **expire)),
            pytest.raises(BookingHasExpired),
        ):
            cancel_booking(client, booking.id, NOW)

        assert booking_item(booking.id)["status"] == "expired"

    def test_a_booking_whose_new_slot_does_not_know_it_is_not_cancelled(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking, other = a_booking(specialist, client), a_slot(specialist, 3 * HOUR)
        moved = {"slot_id": other.id}

        with (
            just_before("TransactWriteItems", lambda: change_stored("bookings", {"booking_id": booking.id}, **moved)),
            pytest.raises(StoreUnavailable),
        ):
            cancel_booking(client, booking.id, NOW)

        assert booking_item(booking.id)["status"] == "confirmed"


class TestASlotThatAnotherBookingHolds:
    """The store contradicts itself; nothing that a client does makes it worse."""

    @pytest.fixture
    def booking(self) -> Booking:
        return a_booking(a_specialist(), a_client())

    @pytest.fixture
    def somebody_elses(self, booking: Booking) -> str:
        other = new_id("bkg")
        change_stored("calendar", slot_key_of(booking.slot_id), booking_id=other)
        return other

    def test_is_not_freed(self, booking: Booking, somebody_elses: str, waits: list[float]) -> None:
        with pytest.raises(StoreUnavailable):
            cancel_booking(an_admin(), booking.id, NOW)

        assert slot_item(booking.slot_id)["booking_id"] == somebody_elses
        assert 0 < sum(waits) < CONTENTION_BUDGET_SECONDS

    def test_is_not_handed_over(self, booking: Booking, somebody_elses: str) -> None:
        three_waiters(booking.slot_id)

        with pytest.raises(StoreUnavailable):
            cancel_booking(an_admin(), booking.id, NOW)

        assert slot_item(booking.slot_id)["booking_id"] == somebody_elses
        assert len(waiting(booking.slot_id)) == 3

    def test_is_not_freed_after_its_start(self, booking: Booking, somebody_elses: str) -> None:
        with pytest.raises(StoreUnavailable):
            cancel_booking(an_admin(), booking.id, booking.slot_end_at)

        assert slot_item(booking.slot_id)["booking_id"] == somebody_elses


class TestALineThatIsNotCountedRight:
    def test_a_slot_with_waiters_that_the_line_does_not_show_is_free(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        change_stored("calendar", slot_key_of(booking.slot_id), waiters=1)

        cancel_booking(an_admin(), booking.id, NOW)

        assert "booking_id" not in slot_item(booking.slot_id)

    def test_a_slot_without_a_count_has_no_waiters(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        change_stored("calendar", slot_key_of(booking.slot_id), waiters=None)

        cancel_booking(an_admin(), booking.id, NOW)

        assert "booking_id" not in slot_item(booking.slot_id)

    def test_the_count_never_falls_below_zero(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        waiter = a_waiter()
        join_wait_list(waiter, booking.slot_id, NOW)
        change_stored("calendar", slot_key_of(booking.slot_id), waiters=0)

        cancel_booking(an_admin(), booking.id, NOW)

        assert (slot_item(booking.slot_id)["waiters"], slot_item(booking.slot_id)["client_id"]) == (0, waiter.user_id)

    def test_a_slot_that_is_gone_leaves_the_booking_as_it_is(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        delete_stored("calendar", slot_key_of(booking.slot_id))

        with pytest.raises(StoreUnavailable):
            cancel_booking(an_admin(), booking.id, NOW)

        assert booking_item(booking.id)["status"] == "confirmed"
        assert stored_in_calendar("slot") == []
