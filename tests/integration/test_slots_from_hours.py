"""Slots from opening hours: what is listed can be booked once, and free time finds who waits for it."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from booking.bookings import delete as deleting
from booking.bookings import free_time
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot, delete_time_off
from booking.bookings.end import cancel_booking
from booking.bookings.errors import KeyUsedForOtherRequest, NoLongerChangeable
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Booking
from booking.caller import Caller
from booking.dynamodb.items import update
from booking.dynamodb.queries import PageRequest
from booking.slots import promotion_plan
from booking.slots.errors import (
    AlreadyWaiting,
    HoldsSlot,
    SlotAlreadyBooked,
    SlotIsAvailable,
    SlotNotFound,
    SlotStarted,
    SlotTooSoon,
    TimeTaken,
)
from booking.slots.ids import SlotId
from booking.slots.read import SlotFilter, get_availability, list_slots
from booking.slots.time_off import create_time_off, list_time_off
from booking.slots.wait_list import leave_all, leave_wait_list
from booking.specialists.errors import ServiceNotFound, ServiceNotOffered
from booking.specialists.rules import Service
from booking.specialists.table import (
    PROFILE_KEY,
    SCHEDULE_KEY,
    ProfileItem,
    ScheduleItem,
    ServiceItem,
    service_key,
)
from tests.integration.opening_hours import TODAY, listed, opened, slot_at, taken, times
from tests.integration.people import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    a_client,
    a_service,
    a_slot,
    a_specialist,
    a_waiter,
    an_admin,
    entry_of,
    on_day,
    set_active,
)
from tests.integration.store_calls import counted_calls, just_before
from tests.integration.sweeps import expire_everywhere
from tests.integration.tables import (
    booking_item,
    change_stored,
    delete_stored,
    refused,
    slot_item,
    slot_key_of,
    stored,
    stored_in_calendar,
    waiting,
)

NINE = NOW + HOUR


def change_service(service: Service, **changes: object) -> None:
    key = ServiceItem(specialist_id=service.specialist_id, sk=service_key(service.id))
    update(key, [getattr(ServiceItem, name).set(value) for name, value in changes.items()])


def change_schedule(specialist: Caller, **changes: object) -> None:
    key = ScheduleItem(specialist_id=specialist.specialist_id, sk=SCHEDULE_KEY)
    update(key, [getattr(ScheduleItem, name).set(value) for name, value in changes.items()])


@pytest.fixture
def specialist() -> Caller:
    return opened(a_specialist())


@pytest.fixture
def half_hour(specialist: Caller) -> Service:
    return a_service(specialist, 30)


@pytest.fixture
def with_buffers(specialist: Caller) -> Service:
    """Half an hour, and a quarter before and after."""
    service = a_service(specialist, 30)
    change_service(service, buffer_before_minutes=15, buffer_after_minutes=15)
    return service


def book(specialist: Caller, start: str, service: Service | None = None, by: Caller | None = None) -> Booking:
    minutes = service.duration_minutes if service else 60
    service_id = service.id if service else None
    return create_booking(by or a_client(), Wish(slot_at(specialist, start, minutes), service_id=service_id), NOW)


def wait(specialist: Caller, start: str, service: Service | None = None, *, seconds: int = 0) -> Caller:
    waiter = a_waiter()
    minutes = service.duration_minutes if service else 60
    at = NOW + seconds * SECOND
    join_wait_list(waiter, slot_at(specialist, start, minutes), at, service_id=service.id if service else None)
    return waiter


def waiting_in_hours(specialist: Caller) -> dict[str, int]:
    hours = [item for item in stored_in_calendar("hour") if item["specialist_id"] == specialist.specialist_id]
    return {item["sk"][-2:]: int(item["waiting"]) for item in hours if item.get("waiting")}


def booked_by(client: Caller) -> list[tuple[str, str]]:
    """Start and status of the client's bookings."""
    mine = [item for item in stored("bookings") if item["client_id"] == client.user_id]
    return sorted((item["slot_start_at"][11:16], item["status"]) for item in mine)


class Ended(BaseException):
    """An attempt is cut short."""


def ends_here(*_: object) -> None:
    raise Ended


class TestListing:
    def test_every_stretch_in_which_the_service_fits_is_a_slot(self, specialist: Caller, half_hour: Service) -> None:
        found = listed(specialist, half_hour)

        assert times(found)[:3] == ["09:00", "09:15", "09:30"]
        assert times(found)[-1] == "11:30"
        assert {slot.end_at - slot.start_at for slot in found} == {30 * MINUTE}

    def test_without_a_service_slots_are_as_long_as_the_schedule_says(self, specialist: Caller) -> None:
        assert times(listed(specialist))[-1] == "11:00"

    def test_has_the_same_ids_whenever(self, specialist: Caller, half_hour: Service) -> None:
        before = [slot.id for slot in listed(specialist, half_hour, NOW - DAY)]
        change_schedule(specialist, version=2)
        book(specialist, "10:00", half_hour)

        assert [slot.id for slot in listed(specialist, half_hour)] == before

    def test_takes_two_calls_for_a_day_and_for_a_month(self, specialist: Caller, half_hour: Service) -> None:
        for start in ("09:00", "10:00", "11:00"):
            book(specialist, start, half_hour)
        for week in (-1, 1, 2, 3):
            at = NINE + 7 * week * DAY
            slot = SlotId.of_hours(specialist.specialist_id, at, 30 * MINUTE)
            create_booking(a_client(), Wish(slot.text, service_id=half_hour.id), at - HOUR)
        wanted = SlotFilter(NOW, NOW + 31 * DAY, half_hour.id)

        for look in (
            lambda: listed(specialist, half_hour),
            lambda: list_slots(specialist.specialist_id, wanted, PageRequest(100), NOW),
            lambda: get_availability(specialist.specialist_id, TODAY, 31, UTC, NOW, service_id=half_hour.id),
        ):
            with counted_calls() as calls:
                look()
            assert calls.operations == ["BatchGetItem", "Query"]

    def test_shows_what_is_taken_with_the_buffers_around_it(self, specialist: Caller, with_buffers: Service) -> None:
        book(specialist, "10:00", with_buffers)

        assert times(listed(specialist, with_buffers), booked=False) == ["09:00", "11:00", "11:15", "11:30"]

    def test_shows_both_kinds_by_start(self, specialist: Caller, half_hour: Service) -> None:
        a_slot(specialist, HOUR + 30 * MINUTE, 40 * MINUTE)

        found = listed(specialist, half_hour)

        assert times(found)[:6] == ["09:00", "09:15", "09:30", "09:30", "09:45", "10:00"]
        assert times(found, booked=False)[:3] == ["09:00", "09:30", "10:15"]
        (by_hand,) = [slot for slot in found if slot.end_at - slot.start_at == 40 * MINUTE]
        assert (f"{by_hand.start_at:%H:%M}", by_hand.is_booked) == ("09:30", False)

    def test_pages_follow_each_other(self, specialist: Caller, half_hour: Service) -> None:
        a_slot(specialist, HOUR + 30 * MINUTE, 40 * MINUTE)
        wanted = replace(on_day(TODAY, UTC), service_id=half_hour.id)
        seen: list[str] = []
        request = PageRequest(3)
        while True:
            page = list_slots(specialist.specialist_id, wanted, request, NOW)
            seen += [slot.id for slot in page.items]
            if page.next_start is None:
                break
            request = PageRequest(3, start=page.next_start)

        assert seen == [slot.id for slot in listed(specialist, half_hour)]

    def test_knows_notice_and_horizon(self, specialist: Caller) -> None:
        change_schedule(specialist, min_notice_minutes=150)
        assert times(listed(specialist)) == ["10:30", "10:45", "11:00"]
        change_schedule(specialist, min_notice_minutes=0, horizon_days=1)
        assert times(listed(specialist, now=NOW - DAY + 2 * HOUR)) == ["09:00", "09:15", "09:30", "09:45", "10:00"]

    def test_of_a_service_that_is_unknown_or_switched_off_is_refused(
        self, specialist: Caller, half_hour: Service
    ) -> None:
        change_service(half_hour, is_active=False)
        with pytest.raises(ServiceNotFound):
            listed(specialist, half_hour)
        with pytest.raises(ServiceNotFound):
            listed(specialist, a_service(a_specialist(), 30))


class TestBooking:
    def test_takes_one_read_and_one_write(self, specialist: Caller, with_buffers: Service) -> None:
        with counted_calls() as calls:
            booking = book(specialist, "10:00", with_buffers)

        assert calls.operations == ["BatchGetItem", "TransactWriteItems"]
        assert taken(specialist) == {"09": set(range(45, 60)), "10": set(range(45))}
        assert booking_item(booking.id)["status"] == "confirmed"

    def test_two_that_share_a_minute_cannot_both_be(self, specialist: Caller, half_hour: Service) -> None:
        book(specialist, "10:00", half_hour)
        for start in ("09:45", "10:00", "10:15"):
            refused(SlotAlreadyBooked, partial(book, specialist, start, half_hour))
        book(specialist, "09:30", half_hour)
        book(specialist, "10:30", half_hour)

    def test_what_is_not_offered_is_not_found(self, specialist: Caller, half_hour: Service) -> None:
        long = a_service(specialist, 90)
        for start, minutes, service in (
            ("08:45", 60, None),
            ("11:15", 60, None),
            ("09:05", 60, None),
            ("09:00", 30, None),
            ("09:00", 60, half_hour),
            ("10:45", 90, long),
        ):
            slot_id = slot_at(specialist, start, minutes)
            with pytest.raises(SlotNotFound):
                create_booking(a_client(), Wish(slot_id, service_id=service.id if service else None), NOW)
        with pytest.raises(SlotNotFound):
            create_booking(a_client(), Wish(slot_at(a_specialist(), "09:00")), NOW)

    @pytest.mark.parametrize("start_at", [datetime(9999, 12, 31, 23, 10, tzinfo=UTC), datetime(2200, 1, 2, tzinfo=UTC)])
    def test_of_a_slot_behind_the_end_of_the_calendar_is_not_found(
        self, specialist: Caller, start_at: datetime
    ) -> None:
        ids = (
            SlotId.of_hours(specialist.specialist_id, start_at, HOUR / 2).text,
            SlotId.new(specialist.specialist_id, start_at, start_at + HOUR / 2).text,
        )
        booking = book(specialist, "09:00")
        for slot_id in ids:
            for act in (
                lambda: create_booking(a_client(), Wish(slot_id), NOW),  # noqa: B023  # called at once
                lambda: join_wait_list(a_client(), slot_id, NOW),  # noqa: B023
                lambda: reschedule_booking(an_admin(), booking.id, slot_id, NOW),  # noqa: B023
                lambda: delete_slot(specialist, slot_id, NOW),  # noqa: B023
            ):
                with pytest.raises(SlotNotFound):
                    act()

    def test_for_a_service_without_a_name_is_refused(self, specialist: Caller) -> None:
        with pytest.raises(ServiceNotFound):
            create_booking(a_client(), Wish(slot_at(specialist, "09:00"), service_id=""), NOW)
        with pytest.raises(ServiceNotFound):
            list_slots(specialist.specialist_id, replace(on_day(TODAY, UTC), service_id=""), PageRequest(1), NOW)

    def test_once_the_slot_has_started_is_refused(self, specialist: Caller) -> None:
        with pytest.raises(SlotStarted):
            create_booking(a_client(), Wish(slot_at(specialist, "09:00")), NINE)

    def test_notice_and_horizon_bind_clients_only(self, specialist: Caller) -> None:
        change_schedule(specialist, min_notice_minutes=90)
        with pytest.raises(SlotTooSoon):
            create_booking(a_client(), Wish(slot_at(specialist, "09:15")), NOW)
        create_booking(an_admin(), Wish(slot_at(specialist, "09:15")), NOW)
        change_schedule(specialist, min_notice_minutes=0, horizon_days=1)
        with pytest.raises(SlotNotFound):
            create_booking(a_client(), Wish(slot_at(specialist, "11:00")), NOW - 2 * DAY)
        create_booking(an_admin(), Wish(slot_at(specialist, "11:00")), NOW - 2 * DAY)

    def test_a_service_that_is_switched_off_is_refused(self, specialist: Caller, half_hour: Service) -> None:
        change_service(half_hour, is_active=False)
        with pytest.raises(ServiceNotOffered):
            book(specialist, "09:00", half_hour)
        slot = a_slot(specialist, 5 * HOUR)
        with pytest.raises(ServiceNotOffered):
            create_booking(a_client(), Wish(slot.id, service_id=half_hour.id), NOW)

    def test_a_repeat_is_answered_although_the_slot_is_not_offered_any_more(self, specialist: Caller) -> None:
        client, slot_id = a_client(), slot_at(specialist, "09:00")
        first = create_booking(client, Wish(slot_id, note="ring twice", key="k"), NOW)
        change_schedule(specialist, hours={})

        assert create_booking(client, Wish(slot_id, note="ring twice", key="k"), NOW) == first
        with pytest.raises(KeyUsedForOtherRequest):
            create_booking(client, Wish(slot_id, key="k"), NOW)
        with pytest.raises(SlotNotFound):
            create_booking(client, Wish(slot_id), NOW)

    def test_a_hand_opened_slot_takes_its_time(self, specialist: Caller, half_hour: Service) -> None:
        a_slot(specialist, 2 * HOUR)
        with pytest.raises(SlotAlreadyBooked):
            book(specialist, "10:30", half_hour)
        book(specialist, "09:00", half_hour)
        with pytest.raises(TimeTaken):
            a_slot(specialist, HOUR + 15 * MINUTE, 30 * MINUTE)

    def test_of_a_hand_opened_slot_takes_the_buffers_around_it(self, specialist: Caller, with_buffers: Service) -> None:
        slot = a_slot(specialist, 2 * HOUR)
        with counted_calls() as calls:
            create_booking(a_client(), Wish(slot.id, service_id=with_buffers.id), NOW)

        assert calls.operations == ["GetItem", "TransactWriteItems"]
        assert taken(specialist) == {"09": set(range(45, 60)), "10": set(range(60)), "11": set(range(15))}

    def test_of_a_hand_opened_slot_is_refused_when_its_buffers_are_taken(
        self, specialist: Caller, with_buffers: Service, half_hour: Service
    ) -> None:
        slot = a_slot(specialist, 2 * HOUR)
        book(specialist, "11:00", half_hour)
        refused(SlotAlreadyBooked, lambda: create_booking(a_client(), Wish(slot.id, service_id=with_buffers.id), NOW))
        create_booking(a_client(), Wish(slot.id, service_id=half_hour.id), NOW)

    def test_expiry_leaves_the_time_taken(self, specialist: Caller) -> None:
        booking = book(specialist, "09:00")

        assert expire_everywhere(NINE) == {"expired": 1}

        assert booking_item(booking.id)["status"] == "expired"
        assert taken(specialist) == {"09": set(range(60))}


class TestHandOpenedSlotsThatTouchWithinAMinute:
    def test_are_told_apart_by_their_day(self, specialist: Caller) -> None:
        first = a_slot(specialist, 5 * HOUR, 30 * MINUTE + 30 * SECOND)
        second = a_slot(specialist, 5 * HOUR + 30 * MINUTE + 30 * SECOND, 10 * MINUTE)
        assert taken(specialist) == {"13": set(range(41))}

        delete_slot(specialist, first.id, NOW)
        assert taken(specialist) == {"13": set(range(30, 41))}
        delete_slot(specialist, second.id, NOW)
        assert taken(specialist) == {}

    def test_a_slot_that_touches_within_a_minute_is_deleted_while_its_day_changes(self, specialist: Caller) -> None:
        first = a_slot(specialist, 5 * HOUR, 20 * SECOND)
        a_slot(specialist, 5 * HOUR + 20 * SECOND, 20 * SECOND)

        with just_before("TransactWriteItems", lambda: a_slot(specialist, 7 * HOUR)):
            delete_slot(specialist, first.id, NOW)

        assert taken(specialist) == {"13": {0}, "15": set(range(60))}

    def test_the_time_of_a_slot_that_has_started_stays_taken(self, specialist: Caller) -> None:
        slot = a_slot(specialist, HOUR)
        delete_slot(specialist, slot.id, NINE)

        assert taken(specialist) == {"09": set(range(60))}

    def test_a_slot_of_an_earlier_release_gives_back_nothing_that_it_has_not_taken(
        self, specialist: Caller, half_hour: Service
    ) -> None:
        slot = a_slot(specialist, 2 * HOUR)
        change_stored("calendar", slot_key_of(slot.id), claimed=None)
        hour = {"specialist_id": specialist.specialist_id, "sk": "slot#2030-03-01T10"}
        delete_stored("calendar", hour)
        book(specialist, "10:00", half_hour)

        delete_slot(specialist, slot.id, NOW)

        assert taken(specialist) == {"10": set(range(30))}


class TestCancelling:
    def test_frees_the_time_in_two_calls(self, specialist: Caller, with_buffers: Service) -> None:
        booking = book(specialist, "10:00", with_buffers)
        with counted_calls() as calls:
            cancel_booking(an_admin(), booking.id, NOW)

        assert calls.operations == ["GetItem", "TransactWriteItems"]
        assert taken(specialist) == {}

    def test_gives_back_what_was_taken_whatever_became_of_the_service(
        self, specialist: Caller, with_buffers: Service
    ) -> None:
        booking = book(specialist, "10:00", with_buffers)
        change_service(with_buffers, buffer_before_minutes=0, buffer_after_minutes=60, is_active=False)

        cancel_booking(an_admin(), booking.id, NOW)

        assert taken(specialist) == {}

    def test_its_client_may_until_so_long_before(self, specialist: Caller) -> None:
        change_schedule(specialist, change_notice_minutes=60)
        client = a_client()
        booking = create_booking(client, Wish(slot_at(specialist, "10:00")), NOW)
        assert booking.changeable_until == NINE
        change_schedule(specialist, change_notice_minutes=0)

        with pytest.raises(NoLongerChangeable):
            cancel_booking(client, booking.id, NINE + SECOND)
        with pytest.raises(NoLongerChangeable):
            reschedule_booking(client, booking.id, slot_at(specialist, "11:00"), NINE + SECOND)
        cancel_booking(specialist, booking.id, NINE + SECOND)


class TestMoving:
    def test_within_an_hour(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        with counted_calls() as calls:
            moved = reschedule_booking(an_admin(), booking.id, slot_at(specialist, "10:15", 30), NOW)

        assert calls.operations == ["GetItem", "BatchGetItem", "TransactWriteItems"]
        assert (moved.id, f"{moved.slot_start_at:%H:%M}") == (booking.id, "10:15")
        assert taken(specialist) == {"10": set(range(15, 45))}

    def test_to_another_hour_takes_three_calls(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        with counted_calls() as calls:
            reschedule_booking(an_admin(), booking.id, slot_at(specialist, "11:00", 30), NOW)

        assert calls.operations == ["GetItem", "BatchGetItem", "TransactWriteItems"]
        assert taken(specialist) == {"11": set(range(30))}

    def test_to_what_somebody_else_has_is_refused(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        book(specialist, "10:30", half_hour)
        for start in ("10:15", "10:30", "10:45"):
            slot_id = slot_at(specialist, start, 30)
            refused(SlotAlreadyBooked, partial(reschedule_booking, an_admin(), booking.id, slot_id, NOW))

    def test_the_new_slot_has_the_services_length(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        with pytest.raises(SlotNotFound):
            reschedule_booking(an_admin(), booking.id, slot_at(specialist, "11:00", 60), NOW)

    def test_between_both_kinds(self, specialist: Caller, with_buffers: Service) -> None:
        slot = a_slot(specialist, 5 * HOUR)
        booking = book(specialist, "10:00", with_buffers)
        of_slot = {"13": set(range(60))}

        reschedule_booking(an_admin(), booking.id, slot.id, NOW)
        assert taken(specialist) == of_slot | {"12": set(range(45, 60)), "14": set(range(15))}
        assert slot_item(slot.id)["booking_id"] == booking.id

        reschedule_booking(an_admin(), booking.id, slot_at(specialist, "11:00", 30), NOW)
        assert taken(specialist) == of_slot | {"10": set(range(45, 60)), "11": set(range(45))}
        assert "booking_id" not in slot_item(slot.id)

    def test_a_repeat_that_comes_in_between_is_a_success(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        for start in ("10:15", "11:00"):
            target = slot_at(specialist, start, 30)
            with just_before("TransactWriteItems", partial(reschedule_booking, an_admin(), booking.id, target, NOW)):
                moved = reschedule_booking(an_admin(), booking.id, target, NOW)
            assert moved.slot_id == target

    def test_frees_the_old_time_for_who_waits_for_it(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        waiter = wait(specialist, "09:45", half_hour)
        too_late = wait(specialist, "10:15", half_hour, seconds=1)

        reschedule_booking(an_admin(), booking.id, slot_at(specialist, "10:30", 30), NOW)

        assert booked_by(waiter) == [("09:45", "confirmed")]
        assert booked_by(too_late) == []
        assert taken(specialist) == {"09": set(range(45, 60)), "10": set(range(15)) | set(range(30, 60))}
        assert waiting_in_hours(specialist) == {"10": 1}


class TestWaiting:
    def test_is_for_taken_time_only(self, specialist: Caller, half_hour: Service) -> None:
        with pytest.raises(SlotIsAvailable):
            wait(specialist, "10:00", half_hour)
        client = a_client()
        booking = book(specialist, "10:00", half_hour, by=client)
        with pytest.raises(HoldsSlot):
            join_wait_list(client, booking.slot_id, NOW, service_id=half_hour.id)
        with pytest.raises(SlotNotFound):
            join_wait_list(a_client(), slot_at(specialist, "12:00"), NOW)

        waiter = wait(specialist, "10:15", half_hour)
        with pytest.raises(AlreadyWaiting):
            join_wait_list(waiter, slot_at(specialist, "10:15", 30), NOW, service_id=half_hour.id)
        assert waiting_in_hours(specialist) == {"10": 1}

    def test_ends_by_leaving(self, specialist: Caller, with_buffers: Service) -> None:
        book(specialist, "10:00", with_buffers)
        waiter = wait(specialist, "10:00", with_buffers)
        assert waiting_in_hours(specialist) == {"09": 1, "10": 1}

        leave_wait_list(waiter, entry_of(waiter, slot_at(specialist, "10:00", 30)), NOW)

        assert stored("waitlist") == []
        assert waiting_in_hours(specialist) == {}

    def test_one_client_may_get_two_times_in_one_write(self, specialist: Caller, half_hour: Service) -> None:
        booking, waiter = book(specialist, "10:00"), a_waiter()
        for start in ("10:00", "10:30"):
            join_wait_list(waiter, slot_at(specialist, start, 30), NOW, service_id=half_hour.id)

        with counted_calls() as calls:
            cancel_booking(an_admin(), booking.id, NOW)

        assert calls.operations.count("TransactWriteItems") == 2  # the first one finds that somebody waits
        assert booked_by(waiter) == [("10:00", "confirmed"), ("10:30", "confirmed")]
        assert stored("waitlist") == []

    def test_a_client_without_an_active_account_leaves_both_times_that_it_waits_for(
        self, specialist: Caller, half_hour: Service
    ) -> None:
        booking, inactive = book(specialist, "10:00"), a_waiter()
        for start in ("10:00", "10:30"):
            join_wait_list(inactive, slot_at(specialist, start, 30), NOW, service_id=half_hour.id)
        next_in_line = wait(specialist, "10:15", half_hour, seconds=1)
        set_active(inactive, is_active=False)

        cancel_booking(an_admin(), booking.id, NOW)

        assert (booked_by(inactive), booked_by(next_in_line)) == ([], [("10:15", "confirmed")])
        assert stored("waitlist") == []
        assert waiting_in_hours(specialist) == {}

    def test_everybody_whose_slot_is_free_is_promoted_in_the_order_of_joining(
        self, specialist: Caller, half_hour: Service
    ) -> None:
        booking = book(specialist, "10:00")
        first = wait(specialist, "10:15", half_hour)
        second = wait(specialist, "10:00", half_hour, seconds=1)
        third = wait(specialist, "10:45", half_hour, seconds=2)
        fourth = wait(specialist, "10:00", seconds=3)

        cancel_booking(an_admin(), booking.id, NOW)

        assert [booked_by(waiter) for waiter in (first, second, third, fourth)] == [
            [("10:15", "confirmed")],
            [],
            [("10:45", "confirmed")],
            [],
        ]
        assert taken(specialist) == {"10": set(range(15, 60)), "11": set(range(15))}
        assert waiting_in_hours(specialist) == {"10": 2}
        assert waiting(slot_at(specialist, "10:00", 30)) == [second.user_id]

    def test_a_promoted_booking_keeps_the_service_and_the_time_that_it_took(
        self, specialist: Caller, with_buffers: Service
    ) -> None:
        booking = book(specialist, "10:00", with_buffers)
        waiter = wait(specialist, "10:00", with_buffers)

        cancel_booking(an_admin(), booking.id, NOW)

        (promoted,) = [item for item in stored("bookings") if item["client_id"] == waiter.user_id]
        assert (promoted["service_id"], promoted["from_wait_list"]) == (with_buffers.id, True)
        cancel_booking(an_admin(), promoted["booking_id"], NOW)
        assert taken(specialist) == {}

    @pytest.mark.parametrize("gone", ["hours", "service", "notice", "length"])
    def test_nobody_is_promoted_into_what_is_not_offered_any_more(
        self, specialist: Caller, half_hour: Service, gone: str
    ) -> None:
        booking = book(specialist, "10:00", half_hour)
        waiter = wait(specialist, "10:00", half_hour)
        if gone == "hours":
            change_schedule(specialist, hours={})
        elif gone == "service":
            change_service(half_hour, is_active=False)
        elif gone == "notice":
            change_schedule(specialist, min_notice_minutes=180)
        else:
            change_service(half_hour, duration_minutes=45)

        cancel_booking(an_admin(), booking.id, NOW)

        assert booked_by(waiter) == []
        assert taken(specialist) == {}

    def test_who_is_not_active_any_more_is_passed_over(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        first, second = wait(specialist, "10:00", half_hour), wait(specialist, "10:00", half_hour, seconds=1)
        set_active(first, is_active=False)

        cancel_booking(an_admin(), booking.id, NOW)

        assert (booked_by(first), booked_by(second)) == ([], [("10:00", "confirmed")])
        assert stored("waitlist") == []
        assert waiting_in_hours(specialist) == {}

    def test_who_joins_while_the_time_is_freed_is_seen(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        waiters: list[Caller] = []

        with just_before("TransactWriteItems", lambda: waiters.append(wait(specialist, "10:15", half_hour))):
            cancel_booking(an_admin(), booking.id, NOW)

        assert booked_by(waiters[0]) == [("10:15", "confirmed")]

    def test_nobody_joins_for_time_that_becomes_free_in_between(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)

        with (
            just_before("TransactWriteItems", lambda: cancel_booking(an_admin(), booking.id, NOW)),
            pytest.raises(SlotIsAvailable),
        ):
            wait(specialist, "10:15", half_hour)

    def test_two_releases_that_both_keep_somebody_waiting_promote_it(
        self, specialist: Caller, half_hour: Service
    ) -> None:
        one, other = book(specialist, "09:30", half_hour), book(specialist, "10:00", half_hour)
        waiter = wait(specialist, "09:30")

        with just_before("TransactWriteItems", lambda: cancel_booking(an_admin(), other.id, NOW), call=2):
            cancel_booking(an_admin(), one.id, NOW)

        assert booked_by(waiter) == [("09:30", "confirmed")]

    def test_two_releases_in_one_hour_do_not_undo_each_other(self, specialist: Caller, half_hour: Service) -> None:
        one, other = book(specialist, "09:00", half_hour), book(specialist, "09:30", half_hour)
        waiter = wait(specialist, "09:00")

        with just_before("TransactWriteItems", lambda: cancel_booking(an_admin(), other.id, NOW), call=2):
            cancel_booking(an_admin(), one.id, NOW)

        assert booked_by(waiter) == [("09:00", "confirmed")]
        assert waiting_in_hours(specialist) == {}

    def test_more_than_one_write_can_hold_are_promoted_right_after_it(
        self, specialist: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(promotion_plan, "MOST_PROMOTED", 2)
        five = a_service(specialist, 5)
        change_schedule(specialist, step_minutes=5)
        booking = book(specialist, "10:00")
        waiters = [wait(specialist, f"10:{5 * n:02}", five, seconds=n) for n in range(7)]

        with counted_calls() as calls:
            cancel_booking(an_admin(), booking.id, NOW)

        assert all(booked_by(waiter) for waiter in waiters)
        assert calls.operations.count("TransactWriteItems") >= 4
        assert stored("waitlist") == []

    def test_a_repeat_promotes_who_was_left_when_the_first_attempt_ended_early(
        self, specialist: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(promotion_plan, "MOST_PROMOTED", 1)
        half = a_service(specialist, 30)
        booking = book(specialist, "10:00")
        waiters = [wait(specialist, start, half, seconds=n) for n, start in enumerate(("10:00", "10:30"))]
        with monkeypatch.context() as ended:
            ended.setattr(free_time, "promote_rest", ends_here)
            with pytest.raises(Ended):
                cancel_booking(an_admin(), booking.id, NOW)
        assert [bool(booked_by(waiter)) for waiter in waiters] == [True, False]

        cancel_booking(an_admin(), booking.id, NOW)

        assert all(booked_by(waiter) for waiter in waiters)

    def test_a_repeat_promotes_nobody_when_nobody_was_left(self, specialist: Caller, half_hour: Service) -> None:
        booking = book(specialist, "10:00", half_hour)
        waiter = wait(specialist, "10:00", half_hour)
        change_schedule(specialist, hours={})
        cancel_booking(an_admin(), booking.id, NOW)
        change_schedule(specialist, hours={"fri": [[540, 720]]})

        with counted_calls() as calls:
            cancel_booking(an_admin(), booking.id, NOW)

        assert (booked_by(waiter), calls.operations) == ([], ["GetItem"])

    def test_goes_on_after_a_move_and_after_time_off_too(
        self, specialist: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(promotion_plan, "MOST_PROMOTED", 1)
        half = a_service(specialist, 30)
        booking = book(specialist, "10:00")
        off = create_time_off(specialist, NINE, NINE + HOUR, NOW)
        starts = ("09:00", "09:30", "10:00", "10:30")
        waiters = [wait(specialist, start, half, seconds=n) for n, start in enumerate(starts)]
        target = slot_at(specialist, "11:00")
        acts = (
            lambda: reschedule_booking(an_admin(), booking.id, target, NOW),
            lambda: delete_time_off(specialist, off.id, NOW),
        )
        with monkeypatch.context() as ended:
            for module in (free_time, deleting):
                ended.setattr(module, "promote_rest", ends_here)
            for act in acts:
                with pytest.raises(Ended):
                    act()
        assert [bool(booked_by(waiter)) for waiter in waiters] == [True, False, True, False]
        assert list_time_off(specialist, PageRequest(20), NOW).items == []

        for act in acts:
            act()

        assert all(booked_by(waiter) for waiter in waiters)
        assert stored_in_calendar("off") == []
        assert "frees" not in booking_item(booking.id)

    def test_two_repeats_at_once_both_finish_it(self, specialist: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(promotion_plan, "MOST_PROMOTED", 1)
        half = a_service(specialist, 30)
        booking = book(specialist, "10:00")
        waiters = [wait(specialist, start, half, seconds=n) for n, start in enumerate(("10:00", "10:30"))]
        with monkeypatch.context() as ended:
            ended.setattr(free_time, "promote_rest", ends_here)
            with pytest.raises(Ended):
                cancel_booking(an_admin(), booking.id, NOW)

        with just_before("UpdateItem", lambda: cancel_booking(an_admin(), booking.id, NOW)):
            cancel_booking(an_admin(), booking.id, NOW)

        assert all(booked_by(waiter) for waiter in waiters)
        assert "frees" not in booking_item(booking.id)

    def test_nobody_is_overtaken_when_there_is_no_room_left(
        self, specialist: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        long, short = a_service(specialist, 120), a_service(specialist, 60)
        change_schedule(specialist, hours={"fri": [[540, 900]]})
        booking = book(specialist, "10:00")
        first = wait(specialist, "10:00", long)
        second = wait(specialist, "10:00", short, seconds=1)
        room = promotion_plan.MOST_WRITES_OF_PROMOTION + free_time.MOST_OWN_WRITES + 2
        monkeypatch.setattr(free_time, "MOST_WRITES", room)
        with monkeypatch.context() as ended:
            ended.setattr(free_time, "promote_rest", ends_here)
            with pytest.raises(Ended):
                cancel_booking(an_admin(), booking.id, NOW)
        assert (booked_by(first), booked_by(second)) == ([], [])
        monkeypatch.undo()

        cancel_booking(an_admin(), booking.id, NOW)

        assert (booked_by(first), booked_by(second)) == ([("10:00", "confirmed")], [])

    def test_several_minutes_of_an_hour_may_each_keep_somebody_waiting(self, specialist: Caller) -> None:
        quarter, hour = a_service(specialist, 15), a_service(specialist, 60)
        book(specialist, "10:15", quarter)
        other = book(specialist, "10:45", quarter)
        freed = book(specialist, "11:00", hour)
        wait(specialist, "10:15", hour)
        waiter = wait(specialist, "10:45", hour, seconds=1)

        with just_before("TransactWriteItems", lambda: cancel_booking(an_admin(), other.id, NOW), call=2):
            cancel_booking(an_admin(), freed.id, NOW)

        assert booked_by(waiter) == [("10:45", "confirmed")]

    @pytest.mark.parametrize("gone", ["service", "specialist"])
    def test_nobody_is_promoted_into_what_is_withdrawn_in_between(
        self, specialist: Caller, half_hour: Service, gone: str
    ) -> None:
        booking = book(specialist, "10:00", half_hour)
        waiter = wait(specialist, "10:00", half_hour)

        def withdraw() -> None:
            if gone == "service":
                change_service(half_hour, is_active=False)
            else:
                key = ProfileItem(specialist_id=specialist.specialist_id, sk=PROFILE_KEY)
                update(key, [ProfileItem.closed.set(True)])

        with just_before("TransactWriteItems", withdraw, call=2):
            cancel_booking(an_admin(), booking.id, NOW)

        assert booked_by(waiter) == []
        assert booking_item(booking.id)["status"] == "cancelled"

    def test_services_of_all_waiters_are_looked_at(
        self, specialist: Caller, half_hour: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(promotion_plan, "MOST_SERVICES", 1)
        other = a_service(specialist, 45)
        booking = book(specialist, "10:00")
        book(specialist, "11:00")
        wait(specialist, "10:45", half_hour)
        waiter = wait(specialist, "10:00", other, seconds=1)

        cancel_booking(an_admin(), booking.id, NOW)

        assert booked_by(waiter) == [("10:00", "confirmed")]

    def test_a_deactivated_client_leaves_the_line_of_a_deleted_slot(
        self, specialist: Caller, with_buffers: Service, half_hour: Service
    ) -> None:
        slot = a_slot(specialist, 2 * HOUR)
        book(specialist, "09:30", half_hour)
        waiter = a_waiter()
        join_wait_list(waiter, slot.id, NOW, service_id=with_buffers.id)
        delete_slot(specialist, slot.id, NOW)
        set_active(waiter, is_active=False)

        leave_all(waiter.user_id, NOW)

        assert stored("waitlist") == []
        assert waiting_in_hours(specialist) == {}

    def test_for_a_hand_opened_slot_whose_buffers_are_taken_ends_when_they_are_free(
        self, specialist: Caller, with_buffers: Service, half_hour: Service
    ) -> None:
        slot = a_slot(specialist, 2 * HOUR)
        before = book(specialist, "09:30", half_hour)
        waiter = a_waiter()
        join_wait_list(waiter, slot.id, NOW, service_id=with_buffers.id)
        assert (slot_item(slot.id)["waiters"], waiting_in_hours(specialist)) == (1, {"09": 1, "11": 1})

        cancel_booking(an_admin(), before.id, NOW)

        assert slot_item(slot.id)["client_id"] == waiter.user_id
        assert (slot_item(slot.id)["waiters"], waiting_in_hours(specialist)) == (0, {})
        assert taken(specialist) == {"09": set(range(45, 60)), "10": set(range(60)), "11": set(range(15))}

    def test_for_a_whole_day_needs_the_time_before_and_behind_it(
        self, specialist: Caller, with_buffers: Service
    ) -> None:
        change_schedule(specialist, hours={"fri": [[540, 720]], "sat": [[540, 720]]})
        half_hour = a_service(specialist, 30)
        slot = a_slot(specialist, 2 * HOUR, DAY)
        before = book(specialist, "09:30", half_hour)
        behind = SlotId.of_hours(specialist.specialist_id, NOW + 2 * HOUR + DAY, 30 * MINUTE).text
        behind_it = create_booking(a_client(), Wish(behind, service_id=half_hour.id), NOW)
        waiter = a_waiter()
        join_wait_list(waiter, slot.id, NOW, service_id=with_buffers.id)

        cancel_booking(an_admin(), behind_it.id, NOW)
        assert booked_by(waiter) == []
        cancel_booking(an_admin(), before.id, NOW)

        assert booked_by(waiter) == [("10:00", "confirmed")]

    def test_for_a_hand_opened_slot_passes_over_who_needs_time_that_is_taken(
        self, specialist: Caller, with_buffers: Service, half_hour: Service
    ) -> None:
        slot = a_slot(specialist, 2 * HOUR)
        booking = create_booking(a_client(), Wish(slot.id), NOW)
        book(specialist, "09:30", half_hour)
        first, second = a_waiter(), a_waiter()
        join_wait_list(first, slot.id, NOW, service_id=with_buffers.id)
        join_wait_list(second, slot.id, NOW + SECOND)

        cancel_booking(an_admin(), booking.id, NOW)

        assert (booked_by(first), booked_by(second)) == ([], [("10:00", "confirmed")])
        assert (slot_item(slot.id)["waiters"], waiting(slot.id)) == (1, [first.user_id])


class TestTimeOff:
    def test_takes_its_time(self, specialist: Caller, half_hour: Service) -> None:
        create_time_off(specialist, NINE, NINE + HOUR, NOW)

        assert times(listed(specialist, half_hour), booked=False)[0] == "10:00"
        with pytest.raises(SlotAlreadyBooked):
            book(specialist, "09:45", half_hour)

    def test_does_not_overlap_anything(self, specialist: Caller, half_hour: Service) -> None:
        book(specialist, "09:00", half_hour)
        a_slot(specialist, 2 * HOUR)
        create_time_off(specialist, NINE + 2 * HOUR, NINE + 3 * HOUR, NOW)
        for start in (HOUR, 2 * HOUR, 3 * HOUR):
            refused(TimeTaken, partial(create_time_off, specialist, NOW + start, NOW + start + 29 * MINUTE, NOW))

    def test_that_is_deleted_is_for_who_waits(self, specialist: Caller, half_hour: Service) -> None:
        off = create_time_off(specialist, NOW - HOUR, NOW + 70 * HOUR, NOW)
        waiters = [wait(specialist, f"{9 + n // 2:02}:{30 * (n % 2):02}", half_hour, seconds=n) for n in range(6)]

        delete_time_off(specialist, off.id, NOW)

        assert all(booked_by(waiter) for waiter in waiters)
        assert stored_in_calendar("off") == []
        assert taken(specialist) == {hour: set(range(60)) for hour in ("09", "10", "11")}
        assert waiting_in_hours(specialist) == {}

    def test_a_hand_opened_slot_that_is_deleted_is_for_who_waits(self, specialist: Caller, half_hour: Service) -> None:
        slot = a_slot(specialist, 2 * HOUR)
        waiter = wait(specialist, "10:15", half_hour)

        delete_slot(specialist, slot.id, NOW)

        assert booked_by(waiter) == [("10:15", "confirmed")]
        assert taken(specialist) == {"10": set(range(15, 45))}


def test_a_hand_opened_slot_that_is_as_long_as_the_service_is_listed_as_what_it_is(specialist: Caller) -> None:
    hour, slot = a_service(specialist, 60), a_slot(specialist, 7 * HOUR)
    assert slot.end_at - slot.start_at == HOUR
    wanted = replace(on_day(TODAY, UTC), service_id=hour.id)

    create_booking(a_client(), Wish(slot.id), NOW)

    for is_booked, expected in ((None, True), (True, True), (False, False)):
        filtered = replace(wanted, is_booked=is_booked)
        found = list_slots(specialist.specialist_id, filtered, PageRequest(100), NOW).items
        assert (slot.id in [each.id for each in found]) is expected
