"""Joining and leaving lines."""

from datetime import timedelta
from functools import partial

import pytest

from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.dynamodb.queries import PageRequest
from booking.slots.errors import (
    AlreadyWaiting,
    EntryNotFound,
    HoldsSlot,
    ServiceLongerThanSlot,
    SlotIsAvailable,
    SlotNotFound,
    SlotStarted,
)
from booking.slots.wait_list import leave_wait_list, list_own_wait_list
from booking.specialists.errors import ServiceNotFound
from tests.integration.people import (
    HOUR,
    NOW,
    SECOND,
    a_booking,
    a_client,
    a_service,
    a_slot,
    a_specialist,
    an_admin,
    entry_of,
    three_waiters,
)
from tests.integration.store_calls import counted_calls, just_before
from tests.integration.tables import change_stored, refused, slot_item, slot_key_of, stored, waiting


class TestJoining:
    def test_a_client_gets_the_last_place_and_is_counted_in_one_call(self) -> None:
        booking, waiter = a_booking(a_specialist(), a_client()), a_client()

        with counted_calls() as calls:
            entry = join_wait_list(waiter, booking.slot_id, NOW)

        assert calls.operations == ["TransactWriteItems"]
        assert (entry.slot_id, entry.client_id, entry.created_at) == (booking.slot_id, waiter.user_id, NOW)
        assert slot_item(booking.slot_id)["waiters"] == 1
        [kept] = stored("waitlist")
        assert (kept["entry_id"], kept["client_email"]) == (entry.id, waiter.email)
        assert kept["expires_at"] == int(booking.slot_start_at.timestamp())

    def test_a_client_may_say_which_service_it_waits_for_at_the_price_of_one_read(self) -> None:
        specialist, waiter = a_specialist(), a_client()
        booking, service = a_booking(specialist, a_client()), a_service(specialist)

        with counted_calls() as calls:
            entry = join_wait_list(waiter, booking.slot_id, NOW, service_id=service.id)

        assert calls.operations == ["GetItem", "TransactWriteItems"]
        assert entry.service_id == service.id
        assert [found.service_id for found in list_own_wait_list(waiter, PageRequest(20), NOW).items] == [service.id]
        [kept] = stored("waitlist")
        assert (kept["service_title"], kept["service_price"], kept["service_minutes"]) == ("Haircut", "25.00", 60)

    def test_a_service_is_one_of_the_slots_specialist(self) -> None:
        booking, others = a_booking(a_specialist(), a_client()), a_service(a_specialist())

        for service_id in (others.id, "nonsense", ""):
            refused(ServiceNotFound, partial(join_wait_list, a_client(), booking.slot_id, NOW, service_id=service_id))

    def test_a_service_must_fit_into_the_slot(self) -> None:
        specialist = a_specialist()
        booking, service = a_booking(specialist, a_client()), a_service(specialist, minutes=61)

        refused(ServiceLongerThanSlot, lambda: join_wait_list(a_client(), booking.slot_id, NOW, service_id=service.id))

    def test_a_slot_whose_waiters_were_never_counted_has_one_then(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        change_stored("calendar", slot_key_of(booking.slot_id), waiters=None)

        join_wait_list(a_client(), booking.slot_id, NOW)

        assert slot_item(booking.slot_id)["waiters"] == 1

    def test_a_free_slot_is_to_be_booked_instead(self) -> None:
        slot = a_slot(a_specialist())

        refused(SlotIsAvailable, lambda: join_wait_list(a_client(), slot.id, NOW))

    def test_nobody_waits_for_what_it_has(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)

        refused(HoldsSlot, lambda: join_wait_list(client, booking.slot_id, NOW))

    def test_a_client_waits_once(self) -> None:
        booking, waiter = a_booking(a_specialist(), a_client()), a_client()
        join_wait_list(waiter, booking.slot_id, NOW)

        refused(AlreadyWaiting, lambda: join_wait_list(waiter, booking.slot_id, NOW + SECOND))

    @pytest.mark.parametrize("after_start", [timedelta(0), SECOND])
    def test_a_slot_that_has_started_has_no_line(self, after_start: timedelta) -> None:
        booking = a_booking(a_specialist(), a_client())

        refused(SlotStarted, lambda: join_wait_list(a_client(), booking.slot_id, booking.slot_start_at + after_start))

    @pytest.mark.parametrize("slot_id", ["", "nonsense", "x" * 10_000])
    def test_what_is_no_slot_id_is_not_found_without_asking_the_store(self, slot_id: str) -> None:
        with counted_calls() as calls, pytest.raises(SlotNotFound):
            join_wait_list(a_client(), slot_id, NOW)

        assert calls.operations == []

    def test_a_slot_that_is_no_more_is_not_found(self) -> None:
        specialist = a_specialist()
        slot = a_slot(specialist)
        delete_slot(specialist, slot.id, NOW)

        refused(SlotNotFound, lambda: join_wait_list(a_client(), slot.id, NOW))

    def test_a_slot_that_was_opened_again_at_the_same_time_is_another_slot(self) -> None:
        specialist = a_specialist()
        old = a_slot(specialist)
        delete_slot(specialist, old.id, NOW)
        create_booking(a_client(), Wish(a_slot(specialist).id), NOW)

        refused(SlotNotFound, lambda: join_wait_list(a_client(), old.id, NOW))

    def test_a_slot_that_becomes_free_in_between_is_to_be_booked_instead(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)

        with (
            just_before("TransactWriteItems", lambda: cancel_booking(client, booking.id, NOW)),
            pytest.raises(SlotIsAvailable),
        ):
            join_wait_list(a_client(), booking.slot_id, NOW)

        assert stored("waitlist") == []
        assert slot_item(booking.slot_id)["waiters"] == 0


class TestLeaving:
    def test_a_place_in_the_middle_is_given_up_in_two_calls(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        first, second, third = three_waiters(booking.slot_id)

        with counted_calls() as calls:
            leave_wait_list(second, entry_of(second, booking.slot_id), NOW)

        assert calls.operations == ["GetItem", "TransactWriteItems"]
        assert waiting(booking.slot_id) == [first.user_id, third.user_id]
        assert slot_item(booking.slot_id)["waiters"] == 2

    def test_an_admin_takes_anybody_out(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        first, *_ = three_waiters(booking.slot_id)

        leave_wait_list(an_admin(), entry_of(first, booking.slot_id), NOW)

        assert first.user_id not in waiting(booking.slot_id)

    def test_whoever_left_may_join_again(self) -> None:
        booking, waiter = a_booking(a_specialist(), a_client()), a_client()
        entry = join_wait_list(waiter, booking.slot_id, NOW)
        leave_wait_list(waiter, entry.id, NOW)

        join_wait_list(waiter, booking.slot_id, NOW)

        assert slot_item(booking.slot_id)["waiters"] == 1

    def test_nobody_learns_whether_someone_else_waits(self) -> None:
        specialist = a_specialist()
        booking = a_booking(specialist, a_client())
        first, second, _ = three_waiters(booking.slot_id)

        for stranger in (second, specialist, a_specialist(), a_client()):
            refused(EntryNotFound, partial(leave_wait_list, stranger, entry_of(first, booking.slot_id), NOW))
            refused(EntryNotFound, partial(leave_wait_list, stranger, entry_of(a_client(), booking.slot_id), NOW))

    def test_leaving_twice_takes_nobody_else_out(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        first, *_ = three_waiters(booking.slot_id)
        leave_wait_list(first, entry_of(first, booking.slot_id), NOW)

        refused(EntryNotFound, lambda: leave_wait_list(first, entry_of(first, booking.slot_id), NOW))

    def test_a_promoted_client_waits_no_longer(self) -> None:
        client = a_client()
        booking = a_booking(a_specialist(), client)
        first, *_ = three_waiters(booking.slot_id)
        cancel_booking(client, booking.id, NOW)

        refused(EntryNotFound, lambda: leave_wait_list(first, entry_of(first, booking.slot_id), NOW))

    @pytest.mark.parametrize("leaver", ["waiter", "admin"])
    def test_a_line_ends_when_its_slot_starts(self, leaver: str) -> None:
        booking, waiter = a_booking(a_specialist(), a_client()), a_client()
        join_wait_list(waiter, booking.slot_id, NOW)
        caller = waiter if leaver == "waiter" else an_admin()

        refused(
            EntryNotFound, lambda: leave_wait_list(caller, entry_of(waiter, booking.slot_id), booking.slot_start_at)
        )

    @pytest.mark.parametrize("entry_id", ["", "wle_", "nonsense", "\x00", "x" * 10_000])
    def test_what_is_no_entry_id_is_not_found_without_asking_the_store(self, entry_id: str) -> None:
        with counted_calls() as calls, pytest.raises(EntryNotFound):
            leave_wait_list(an_admin(), entry_id, NOW)

        assert calls.operations == []

    def test_a_line_of_another_slot_at_the_same_time_is_not_counted_down(self) -> None:
        booking, waiter = a_booking(a_specialist(), a_client()), a_client()
        join_wait_list(waiter, booking.slot_id, NOW)
        change_stored("calendar", slot_key_of(booking.slot_id), slot_id="slt_opened_again")

        leave_wait_list(waiter, entry_of(waiter, booking.slot_id), NOW)

        assert waiting(booking.slot_id) == []
        assert slot_item("slt_opened_again")["waiters"] == 1

    def test_the_count_never_falls_below_zero(self) -> None:
        booking, waiter = a_booking(a_specialist(), a_client()), a_client()
        join_wait_list(waiter, booking.slot_id, NOW)
        change_stored("calendar", slot_key_of(booking.slot_id), waiters=0)

        leave_wait_list(waiter, entry_of(waiter, booking.slot_id), NOW)

        assert waiting(booking.slot_id) == []
        assert slot_item(booking.slot_id)["waiters"] == 0


class TestOwnEntries:
    def test_are_listed_in_the_order_of_joining_in_one_query(self) -> None:
        specialist, waiter = a_specialist(), a_client()
        bookings = [a_booking(specialist, a_client(), number * HOUR) for number in (3, 1, 2)]
        for number, booking in enumerate(bookings):
            join_wait_list(waiter, booking.slot_id, NOW + number * SECOND)

        with counted_calls() as calls:
            page = list_own_wait_list(waiter, PageRequest(20), NOW)

        assert calls.operations == ["Query"]
        assert [entry.slot_id for entry in page.items] == [booking.slot_id for booking in bookings]

    def test_do_not_show_lines_that_are_over(self) -> None:
        specialist, waiter = a_specialist(), a_client()
        soon, later = a_booking(specialist, a_client()), a_booking(specialist, a_client(), 3 * HOUR)
        for booking in (soon, later):
            join_wait_list(waiter, booking.slot_id, NOW)

        page = list_own_wait_list(waiter, PageRequest(20), soon.slot_start_at)

        assert [entry.slot_id for entry in page.items] == [later.slot_id]

    def test_are_the_callers_own(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        three_waiters(booking.slot_id)

        assert list_own_wait_list(a_client(), PageRequest(20), NOW).items == []
