"""Deactivating an account: sessions, lines, the public list, slots; and what activating it again brings back."""

from datetime import UTC
from decimal import Decimal
from functools import partial

import pytest

from booking.accounts.register import Registration, register_user
from booking.administration.make_admin import make_admin
from booking.administration.update_user import update_user
from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.caller import Caller, Role
from booking.dynamodb.queries import PageRequest
from booking.errors import Forbidden, StoreUnavailable
from booking.slots.close import close_slots, reopen_slots
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound, SlotOverlaps
from booking.slots.ids import SlotId
from booking.slots.opened import open_slot
from booking.slots.read import find_slot, get_availability, list_slots
from booking.slots.wait_list import leave_all
from booking.specialists.profiles import list_profiles, update_own_profile
from booking.specialists.services import create_service
from tests.integration.people import (
    HOUR,
    NOW,
    a_booking,
    a_client,
    a_slot,
    a_specialist,
    from_now,
    three_waiters,
)
from tests.integration.store_calls import counted_calls, just_before, refusing
from tests.integration.tables import (
    change_stored,
    delete_stored,
    refused,
    slot_item,
    slot_key_of,
    stored,
    stored_in_calendar,
    waiting,
)

PASSWORD = "correct horse battery staple"


def account(role: Role, email: str = "ann@example.com") -> Caller:
    return register_user(Registration(email, PASSWORD, role, "Ann"), source_address="192.0.2.1", now=NOW).as_caller()


@pytest.fixture
def admin() -> Caller:
    return make_admin("boss@example.com", PASSWORD, NOW).as_caller()


@pytest.fixture
def client() -> Caller:
    return account(Role.CLIENT)


@pytest.fixture
def specialist() -> Caller:
    return account(Role.SPECIALIST)


def deactivate(admin: Caller, whom: Caller) -> None:
    update_user(admin, whom.user_id, is_active=False, role=None, now=NOW)


def activate(admin: Caller, whom: Caller) -> None:
    update_user(admin, whom.user_id, is_active=True, role=None, now=NOW)


def close_profile(specialist: Caller) -> None:
    """What deactivation does before it comes to the slots."""
    change_stored("calendar", {"specialist_id": specialist.specialist_id, "sk": "profile"}, closed=True)


def open_profile(specialist: Caller) -> None:
    """What activation does before it comes to the slots."""
    change_stored("calendar", {"specialist_id": specialist.specialist_id, "sk": "profile"}, closed=None)


def listed() -> list[str]:
    return [profile.id for profile in list_profiles(PageRequest(20)).items]


def slots_of(specialist: Caller) -> list[str]:
    return [slot.id for slot in list_slots(specialist.specialist_id, from_now(NOW), PageRequest(100), NOW).items]


class TestLines:
    def test_are_left_each_with_its_count(self, admin: Caller, client: Caller) -> None:
        specialist = a_specialist()
        lines = [a_booking(specialist, a_client(), number * HOUR).slot_id for number in range(1, 4)]
        others = [three_waiters(slot_id) for slot_id in lines]
        for slot_id in lines:
            join_wait_list(client, slot_id, NOW)

        deactivate(admin, client)

        assert [waiting(slot_id) for slot_id in lines] == [[other.user_id for other in line] for line in others]
        assert [slot_item(slot_id)["waiters"] for slot_id in lines] == [3, 3, 3]

    def test_are_left_page_by_page(self, admin: Caller, client: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        booking = a_booking(a_specialist(), a_client())
        join_wait_list(client, booking.slot_id, NOW)

        with counted_calls() as calls:
            deactivate(admin, client)

        [query] = [sent for sent in calls.parameters("Query") if sent.get("IndexName") == "by_client"]
        assert "Limit" not in query

    def test_are_not_joined_by_who_is_in_none(self, admin: Caller, client: Caller) -> None:
        deactivate(admin, client)

        assert stored("waitlist") == []

    def test_that_ended_in_between_are_no_error(self, admin: Caller, client: Caller) -> None:
        holder = a_client()
        booking = a_booking(a_specialist(), holder)
        join_wait_list(client, booking.slot_id, NOW)

        def promoted() -> None:
            cancel_booking(holder, booking.id, NOW)

        with just_before("Query", promoted):
            deactivate(admin, client)

        assert waiting(booking.slot_id) == []

    def test_that_a_crash_left_are_left_by_a_repeat(self, admin: Caller, client: Caller) -> None:
        booking = a_booking(a_specialist(), a_client())
        join_wait_list(client, booking.slot_id, NOW)
        with refusing("ThrottlingException", only="Query"), pytest.raises(StoreUnavailable):
            deactivate(admin, client)
        assert waiting(booking.slot_id) == [client.user_id]

        deactivate(admin, client)

        assert waiting(booking.slot_id) == []

    def test_are_kept_by_who_is_active_again_though_a_deactivation_is_still_at_work(self, client: Caller) -> None:
        booking = a_booking(a_specialist(), a_client())
        join_wait_list(client, booking.slot_id, NOW)

        leave_all(client.user_id, NOW)

        assert waiting(booking.slot_id) == [client.user_id]
        assert slot_item(booking.slot_id)["waiters"] == 1

    def test_are_kept_by_who_is_activated_or_gets_another_role(self, admin: Caller, client: Caller) -> None:
        booking = a_booking(a_specialist(), a_client())
        join_wait_list(client, booking.slot_id, NOW)

        activate(admin, client)
        update_user(admin, client.user_id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert waiting(booking.slot_id) == [client.user_id]


class TestSpecialists:
    def test_leave_the_public_list_in_the_write_that_deactivates_and_come_back(
        self, admin: Caller, specialist: Caller
    ) -> None:
        with refusing("ThrottlingException", only="Query"), pytest.raises(StoreUnavailable):
            deactivate(admin, specialist)
        assert listed() == []

        activate(admin, specialist)
        assert listed() == [specialist.specialist_id]

    def test_keep_what_their_profile_says(self, admin: Caller, specialist: Caller) -> None:
        update_own_profile(specialist, {"description": "Cuts", "time_zone": "Europe/Berlin"}, NOW)
        [before] = stored_in_calendar("profile")

        deactivate(admin, specialist)
        activate(admin, specialist)

        assert stored_in_calendar("profile") == [before]

    def test_offer_nothing_with_a_token_that_is_still_valid(self, admin: Caller, specialist: Caller) -> None:
        deactivate(admin, specialist)
        before = stored("calendar")

        for attempt in (
            partial(open_slot, specialist, NOW + HOUR, NOW + 2 * HOUR, NOW),
            partial(update_own_profile, specialist, {"display_name": "Bob"}, NOW),
        ):
            with pytest.raises(Forbidden):
                attempt()

        assert stored("calendar") == before
        activate(admin, specialist)
        assert a_slot(specialist).specialist_id == specialist.specialist_id

    @pytest.mark.parametrize("has_profile", [True, False])
    def test_admins_offer_nothing_either(self, admin: Caller, *, has_profile: bool) -> None:
        other = make_admin("other@example.com", PASSWORD, NOW).as_caller()
        if has_profile:
            a_slot(other)
        deactivate(admin, other)

        for attempt in (
            partial(open_slot, other, NOW + HOUR, NOW + 2 * HOUR, NOW),
            partial(
                create_service, other, title="Cut", description=None, duration_minutes=10, price=Decimal(1), now=NOW
            ),
            partial(update_own_profile, other, {"display_name": "Bob"}, NOW),
        ):
            with pytest.raises(Forbidden):
                attempt()

        assert listed() == []
        assert stored_in_calendar("slot") == []

    def test_whose_deactivation_comes_between_create_no_service(self, admin: Caller, specialist: Caller) -> None:
        with just_before("TransactWriteItems", lambda: deactivate(admin, specialist)), pytest.raises(Forbidden):
            create_service(specialist, title="Cut", description=None, duration_minutes=30, price=Decimal(1), now=NOW)

        assert stored_in_calendar("service") == []

    def test_begin_with_the_name_of_their_account(self, admin: Caller, client: Caller) -> None:
        update_user(admin, client.user_id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert [item["display_name"] for item in stored_in_calendar("profile")] == ["Ann"]
        assert listed() == [client.specialist_id]

    def test_whose_deactivation_comes_between_open_no_slot(self, admin: Caller, specialist: Caller) -> None:
        with just_before("TransactWriteItems", lambda: deactivate(admin, specialist)), pytest.raises(Forbidden):
            open_slot(specialist, NOW + HOUR, NOW + 2 * HOUR, NOW)

        assert stored_in_calendar("slot") == []

    def test_clients_get_no_profile(self, admin: Caller, client: Caller) -> None:
        deactivate(admin, client)
        activate(admin, client)

        assert stored("calendar") == []

    def test_who_become_one_while_deactivated_are_not_listed(self, admin: Caller, client: Caller) -> None:
        deactivate(admin, client)
        update_user(admin, client.user_id, is_active=None, role=Role.SPECIALIST, now=NOW)
        change_stored("calendar", {"specialist_id": client.specialist_id, "sk": "profile"}, display_name="Ann")

        assert listed() == []
        activate(admin, client)
        assert listed() == [client.specialist_id]


class TestSlots:
    def test_that_are_free_and_to_come_are_deleted_and_booked_or_past_ones_stay(
        self, admin: Caller, specialist: Caller
    ) -> None:
        past = a_slot(specialist, now=NOW - 3 * HOUR)
        free = [a_slot(specialist, number * HOUR) for number in range(2, 5)]
        booking = a_booking(specialist, a_client(), 6 * HOUR)

        deactivate(admin, specialist)

        assert {item["slot_id"] for item in stored_in_calendar("slot")} == {past.id, booking.slot_id}
        assert slots_of(specialist) == [booking.slot_id]
        assert all(slot.id not in str(stored("calendar")) for slot in free)
        activate(admin, specialist)
        assert a_slot(specialist, 2 * HOUR).id

    def test_that_are_booked_still_take_up_their_time(self, admin: Caller, specialist: Caller) -> None:
        booking = a_booking(specialist, a_client())

        deactivate(admin, specialist)
        activate(admin, specialist)

        with pytest.raises(SlotOverlaps):
            a_slot(specialist)
        assert slot_item(booking.slot_id)["booking_id"] == booking.id

    def test_that_become_free_later_are_on_no_list(self, admin: Caller, specialist: Caller) -> None:
        holder = a_client()
        booking = a_booking(specialist, holder)
        deactivate(admin, specialist)

        cancel_booking(holder, booking.id, NOW)

        assert slots_of(specialist) == []
        [day] = get_availability(specialist.specialist_id, NOW.date(), 1, UTC, NOW)
        assert (day.total_slots, day.free_slots) == (0, 0)

    def test_that_become_free_later_can_neither_be_booked_nor_moved_to(self, admin: Caller, specialist: Caller) -> None:
        holder, other = a_client(), a_client()
        booking, kept = (a_booking(specialist, by, number * HOUR) for number, by in ((1, holder), (3, other)))
        deactivate(admin, specialist)
        cancel_booking(holder, booking.id, NOW)

        with counted_calls() as calls, pytest.raises(SlotNotFound):
            create_booking(a_client(), Wish(booking.slot_id), NOW)
        with pytest.raises(SlotNotFound):
            reschedule_booking(other, kept.id, booking.slot_id, NOW)

        assert calls.operations == ["TransactWriteItems"]
        assert "booking_id" not in slot_item(booking.slot_id)

    def test_that_are_still_booked_say_so(self, admin: Caller, specialist: Caller) -> None:
        booking = a_booking(specialist, a_client())
        deactivate(admin, specialist)

        with pytest.raises(SlotAlreadyBooked):
            create_booking(a_client(), Wish(booking.slot_id), NOW)

    def test_that_became_free_meanwhile_are_had_again_when_the_specialist_is_back(
        self, admin: Caller, specialist: Caller
    ) -> None:
        holder = a_client()
        booking = a_booking(specialist, holder)
        deactivate(admin, specialist)
        cancel_booking(holder, booking.id, NOW)

        activate(admin, specialist)

        assert slots_of(specialist) == [booking.slot_id]
        assert create_booking(a_client(), Wish(booking.slot_id), NOW).slot_id == booking.slot_id

    def test_are_open_again_when_the_operator_makes_their_specialist_an_admin(
        self, admin: Caller, specialist: Caller
    ) -> None:
        booking = a_booking(specialist, a_client())
        deactivate(admin, specialist)

        make_admin(specialist.email, PASSWORD, NOW)

        assert "closed" not in slot_item(booking.slot_id)
        assert listed() == [specialist.specialist_id]

    def test_that_are_booked_in_between_are_closed(self, admin: Caller, specialist: Caller) -> None:
        slot = a_slot(specialist)
        client = a_client()
        close_profile(specialist)

        with just_before("TransactWriteItems", lambda: create_booking(client, Wish(slot.id), NOW)):
            close_slots(specialist.specialist_id, NOW)

        assert (slot_item(slot.id)["client_id"], slot_item(slot.id)["closed"]) == (client.user_id, True)

    def test_that_become_free_in_between_are_deleted(self, admin: Caller, specialist: Caller) -> None:
        holder = a_client()
        booking = a_booking(specialist, holder)
        close_profile(specialist)

        with just_before("TransactWriteItems", lambda: cancel_booking(holder, booking.id, NOW)):
            close_slots(specialist.specialist_id, NOW)

        assert stored_in_calendar("slot") == []

    def test_that_are_others_by_then_are_left_alone(self, specialist: Caller) -> None:
        booking = a_booking(specialist, a_client())
        key, another = slot_key_of(booking.slot_id), a_slot(specialist, 9 * HOUR)
        close_profile(specialist)

        with just_before("TransactWriteItems", lambda: change_stored("calendar", key, slot_id=another.id)):
            close_slots(specialist.specialist_id, NOW)

        [left] = [item for item in stored_in_calendar("slot") if item["sk"] == key["sk"]]
        assert "closed" not in left

    def test_that_are_gone_by_then_are_not_made_again(self, specialist: Caller) -> None:
        booking = a_booking(specialist, a_client())
        key = slot_key_of(booking.slot_id)
        change_stored("calendar", key, closed=True)

        with just_before("TransactWriteItems", lambda: delete_stored("calendar", key)):
            reopen_slots(specialist.specialist_id, NOW)

        assert stored_in_calendar("slot") == []

    def test_stay_once_their_specialist_is_active_again_though_a_deactivation_is_still_at_work(
        self, specialist: Caller
    ) -> None:
        slots = [a_slot(specialist, number * HOUR).id for number in (1, 2)]
        booking = a_booking(specialist, a_client(), 3 * HOUR)
        close_profile(specialist)

        with just_before("TransactWriteItems", lambda: open_profile(specialist)):
            close_slots(specialist.specialist_id, NOW)

        assert slots_of(specialist) == [*slots, booking.slot_id]
        assert "closed" not in slot_item(booking.slot_id)

    def test_stay_closed_though_an_activation_from_before_is_still_at_work(self, specialist: Caller) -> None:
        booking = a_booking(specialist, a_client())
        change_stored("calendar", slot_key_of(booking.slot_id), closed=True)

        with just_before("TransactWriteItems", lambda: close_profile(specialist)):
            reopen_slots(specialist.specialist_id, NOW)

        assert slot_item(booking.slot_id)["closed"] is True

    def test_that_are_closed_already_cost_a_repeat_nothing(self, admin: Caller, specialist: Caller) -> None:
        a_booking(specialist, a_client())
        deactivate(admin, specialist)

        with counted_calls() as calls:
            close_slots(specialist.specialist_id, NOW)

        assert calls.operations == ["Query"]

    def test_that_became_free_later_are_not_waited_for(self, admin: Caller, specialist: Caller) -> None:
        holder = a_client()
        booking = a_booking(specialist, holder)
        deactivate(admin, specialist)
        cancel_booking(holder, booking.id, NOW)

        refused(SlotNotFound, lambda: join_wait_list(a_client(), booking.slot_id, NOW))
        refused(SlotNotFound, lambda: find_slot(SlotId.parse(booking.slot_id)))  # type: ignore[arg-type]  # it is one

    def test_that_a_crash_left_are_closed_by_a_repeat(self, admin: Caller, specialist: Caller) -> None:
        a_slot(specialist)
        with refusing("ThrottlingException", only="Query"), pytest.raises(StoreUnavailable):
            deactivate(admin, specialist)

        deactivate(admin, specialist)

        assert stored_in_calendar("slot") == []

    def test_are_looked_for_with_a_consistent_read(self, admin: Caller, specialist: Caller) -> None:
        with counted_calls() as calls:
            deactivate(admin, specialist)

        [query] = [sent for sent in calls.parameters("Query") if "IndexName" not in sent]
        assert query["ConsistentRead"] is True
