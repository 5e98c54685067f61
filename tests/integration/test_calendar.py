"""Profiles, services, slots and availability."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.caller import Caller, Role
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.queries import PageRequest
from booking.dynamodb.transaction import Transaction
from booking.errors import Forbidden
from booking.runtime.ids import new_id
from booking.slots.errors import BookedSlot, DayIsFull, SlotInThePast, SlotNotFound, SlotOverlaps, TimeTaken
from booking.slots.ids import SlotId
from booking.slots.opened import open_slot
from booking.slots.read import get_availability, list_slots
from booking.specialists import profiles, services
from booking.specialists.errors import ProfileNotFound, ServiceNotFound, SpecialistNotFound
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
    from_now,
    on_day,
    parsed,
    someone,
)
from tests.integration.store_calls import counted_calls, just_before
from tests.integration.tables import change_stored, delete_stored, put_stored, refused, slot_key_of, stored_in_calendar

FIRST_PAGE = PageRequest(20)
NOT_SPECIALISTS = ["", "spc_", "nonsense", "me", "spc_\x00", "x" * 10_000, "é"]


def days() -> dict[str, tuple[set[str], int]]:
    """What the records of days say, and how often each was changed."""
    return {item["sk"]: (item.get("taken", set()), int(item["version"])) for item in stored_in_calendar("day")}


class TestProfiles:
    def test_what_is_given_is_changed_and_what_is_left_out_stays(self) -> None:
        specialist = a_specialist()
        profiles.update_own_profile(specialist, {"display_name": "Ann", "time_zone": "Europe/Berlin"}, NOW)

        changed = profiles.update_own_profile(specialist, {"description": "Cuts"}, NOW)

        assert (changed.display_name, changed.description) == ("Ann", "Cuts")
        assert changed.time_zone == "Europe/Berlin"
        assert profiles.get_profile(specialist.specialist_id) == changed

    def test_null_clears_a_text(self) -> None:
        specialist = a_specialist()
        profiles.update_own_profile(specialist, {"display_name": "Ann"}, NOW)

        profiles.update_own_profile(specialist, {"display_name": None}, NOW)

        assert "display_name" not in stored_in_calendar("profile")[0]

    def test_an_admin_has_none_until_it_offers_something(self) -> None:
        admin = an_admin()
        with pytest.raises(ProfileNotFound):
            profiles.get_own_profile(admin)

        a_slot(admin)

        assert profiles.get_own_profile(admin).user_id == admin.user_id

    def test_an_admins_profile_is_made_once(self) -> None:
        admin = an_admin()
        profiles.update_own_profile(admin, {"display_name": "Boss", "time_zone": "Asia/Tokyo"}, NOW)
        before = stored_in_calendar("profile")

        a_slot(admin, now=NOW + DAY)

        assert stored_in_calendar("profile") == before

    @pytest.mark.parametrize("specialist_id", NOT_SPECIALISTS)
    def test_what_is_no_specialists_id_is_not_found_without_asking_the_store(self, specialist_id: str) -> None:
        with counted_calls() as calls:
            for look in (
                lambda: profiles.get_profile(specialist_id),
                lambda: services.list_services(specialist_id, FIRST_PAGE),
                lambda: list_slots(specialist_id, from_now(NOW), FIRST_PAGE, NOW),
                lambda: get_availability(specialist_id, NOW.date(), 1, UTC, NOW),
            ):
                with pytest.raises(SpecialistNotFound):
                    look()

        assert calls.operations == []

    def test_an_unknown_specialist_is_not_found(self) -> None:
        unknown = new_id("spc")
        for look in (
            lambda: profiles.get_profile(unknown),
            lambda: services.list_services(unknown, FIRST_PAGE),
            lambda: list_slots(unknown, from_now(NOW), FIRST_PAGE, NOW),
            lambda: get_availability(unknown, NOW.date(), 1, UTC, NOW),
        ):
            with counted_calls() as calls, pytest.raises(SpecialistNotFound):
                look()
            assert len(calls.operations) <= 2

    def test_are_listed_in_the_order_of_their_creation_in_one_query(self) -> None:
        created = []
        for number in range(3):
            specialist = someone(Role.SPECIALIST)
            profiles.update_own_profile(specialist, {}, NOW + number * SECOND)
            created.append(specialist)
        for specialist in reversed(created):
            profiles.update_own_profile(specialist, {"display_name": "Ann"}, NOW + DAY)

        with counted_calls() as calls:
            page = profiles.list_profiles(FIRST_PAGE)

        assert calls.operations == ["Query"]
        assert [profile.id for profile in page.items] == [specialist.specialist_id for specialist in created]


class TestWhoIsListed:
    """The public list shows those who have a name to show."""

    def listed(self) -> list[str]:
        return [profile.id for profile in profiles.list_profiles(FIRST_PAGE).items]

    def test_a_specialist_is_listed_while_there_is_a_display_name(self) -> None:
        specialist, seen = a_specialist(), []

        for changes in ({}, {"display_name": "Ann"}, {"description": "Cuts"}, {"display_name": None}):
            profiles.update_own_profile(specialist, changes, NOW)
            seen.append((self.listed(), "listed" in stored_in_calendar("profile")[0]))

        listed = ([specialist.specialist_id], True)
        assert seen == [([], False), listed, listed, ([], False)]

    def test_whoever_registers_with_a_name_is_listed_at_once_and_without_one_not(self) -> None:
        named, nameless = someone(Role.SPECIALIST), someone(Role.SPECIALIST)
        for specialist, name in ((named, "Ann"), (nameless, None)):
            transaction = Transaction()
            profiles.add_to(transaction, specialist, name, NOW)
            transaction.commit()

        assert self.listed() == [named.specialist_id]

    def test_a_nameless_profile_that_an_earlier_release_has_listed_is_not_shown(self) -> None:
        earlier, named = a_specialist(), a_specialist()
        profiles.update_own_profile(named, {"display_name": "Ann"}, NOW)
        change_stored("calendar", {"specialist_id": earlier.specialist_id, "sk": "profile"}, listed="listed")

        with counted_calls() as calls:
            assert self.listed() == [named.specialist_id]
        assert calls.operations == ["Query"]

    def test_a_profile_that_is_closed_in_between_is_neither_named_nor_listed(self) -> None:
        specialist = a_specialist()

        with just_before("UpdateItem", lambda: close(specialist)), pytest.raises(Forbidden):
            profiles.update_own_profile(specialist, {"display_name": "Ann"}, NOW)

        assert self.listed() == []
        assert "display_name" not in stored_in_calendar("profile")[0]


def close(specialist: Caller) -> None:
    """What deactivation does to a profile."""
    [profile] = [found for found in stored_in_calendar("profile") if found["specialist_id"] == specialist.specialist_id]
    put_stored("calendar", [{name: value for name, value in profile.items() if name != "listed"} | {"closed": True}])


class TestServices:
    def add(self, caller: Caller, price: str = "25.00", now: datetime = NOW) -> str:
        return services.create_service(
            caller, title="Cut", description="Short", duration_minutes=30, price=Decimal(price), now=now
        ).id

    def test_a_service_is_stored_with_its_exact_price(self) -> None:
        specialist = a_specialist()

        service_id = self.add(specialist, "19.9")

        [item] = stored_in_calendar("service")
        assert (item["price"], item["duration_minutes"], item["service_id"]) == ("19.90", 30, service_id)
        assert services.service_of(specialist.specialist_id, service_id).price == Decimal("19.90")

    def test_services_are_listed_in_one_query_and_nothing_else_with_them(self) -> None:
        specialist = a_specialist()
        added = {self.add(specialist) for _ in range(3)}
        self.add(a_specialist())
        a_slot(specialist)

        with counted_calls() as calls:
            page = services.list_services(specialist.specialist_id, FIRST_PAGE)

        assert calls.operations == ["Query"]
        assert {service.id for service in page.items} == added

    def test_services_are_listed_in_the_order_of_their_creation_page_by_page(self) -> None:
        specialist = a_specialist()
        added = [self.add(specialist, now=NOW + number * SECOND) for number in range(9)]

        seen: list[str] = []
        request: PageRequest | None = PageRequest(4)
        while request:
            page = services.list_services(specialist.specialist_id, request)
            seen += [service.id for service in page.items]
            request = PageRequest(4, start=page.next_start) if page.next_start else None

        assert seen == added

    def test_a_specialist_without_services_has_an_empty_list_for_one_read_more(self) -> None:
        specialist = a_specialist()

        with counted_calls() as calls:
            assert services.list_services(specialist.specialist_id, FIRST_PAGE).items == []

        assert calls.operations == ["Query", "GetItem"]

    def test_another_specialists_service_is_not_found(self) -> None:
        service_id = self.add(a_specialist())

        with pytest.raises(ServiceNotFound):
            services.service_of(a_specialist().specialist_id, service_id)

    def test_a_new_service_never_replaces_another_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        specialist = a_specialist()
        service_id = self.add(specialist)
        monkeypatch.setattr(services, "new_id", lambda _: service_id)

        with pytest.raises(TransactionCanceled):
            self.add(specialist, "1.00")

        assert [item["price"] for item in stored_in_calendar("service")] == ["25.00"]


class TestOpeningSlots:
    def test_a_slot_and_its_day_are_written_together(self) -> None:
        specialist = a_specialist()

        with counted_calls() as calls:
            slot = a_slot(specialist)

        assert calls.operations == ["GetItem", "TransactWriteItems"]
        assert (slot.specialist_id, slot.start_at, slot.end_at) == (
            specialist.specialist_id,
            NOW + HOUR,
            NOW + 2 * HOUR,
        )
        assert not slot.is_booked
        [item] = stored_in_calendar("slot")
        assert (item["slot_id"], item["sk"]) == (slot.id, "slot#2030-03-01T09:00:00.000000Z")
        interval = "2030-03-01T09:00:00.000000Z/2030-03-01T10:00:00.000000Z"
        assert days() == {"day#2030-03-01": ({interval}, 1)}

    def test_a_slot_over_midnight_stands_in_both_days(self) -> None:
        specialist = a_specialist()

        a_slot(specialist, 15 * HOUR, 2 * HOUR)

        interval = "2030-03-01T23:00:00.000000Z/2030-03-02T01:00:00.000000Z"
        assert days() == {"day#2030-03-01": ({interval}, 1), "day#2030-03-02": ({interval}, 1)}
        refused(SlotOverlaps, lambda: a_slot(specialist, 16 * HOUR + 30 * MINUTE))
        refused(SlotOverlaps, lambda: a_slot(specialist, 14 * HOUR + 30 * MINUTE))

    @pytest.mark.parametrize(
        ("starts_in", "length"),
        [(HOUR, HOUR), (30 * MINUTE, HOUR), (90 * MINUTE, HOUR), (0.5 * HOUR, 3 * HOUR), (75 * MINUTE, 15 * MINUTE)],
        ids=["the same", "into its start", "out of its end", "around it", "within it"],
    )
    def test_an_overlapping_slot_is_refused(self, starts_in: timedelta, length: timedelta) -> None:
        specialist = a_specialist()
        a_slot(specialist)

        refused(SlotOverlaps, lambda: a_slot(specialist, starts_in, length))

    def test_slots_may_touch(self) -> None:
        specialist = a_specialist()

        for number in (2, 1, 3):
            a_slot(specialist, number * HOUR)

        assert len(stored_in_calendar("slot")) == 3
        assert days()["day#2030-03-01"][1] == 3

    def test_specialists_do_not_get_into_each_others_way(self) -> None:
        a_slot(a_specialist())
        a_slot(a_specialist())

        assert len(stored_in_calendar("slot")) == 2

    def test_rules_about_time_are_checked_before_anything_is_read(self) -> None:
        with counted_calls() as calls, pytest.raises(SlotInThePast):
            open_slot(someone(Role.ADMIN), NOW, NOW + HOUR, NOW)

        assert calls.operations == []

    def test_a_day_holds_so_many_slots(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("booking.slots.opened.MOST_SLOTS_A_DAY", 2)
        specialist = a_specialist()
        a_slot(specialist, HOUR)
        a_slot(specialist, 2 * HOUR)

        refused(DayIsFull, lambda: a_slot(specialist, 3 * HOUR))

    @pytest.mark.parametrize("earlier", [0, 1], ids=["on an empty day", "on a day with slots"])
    def test_an_overlapping_slot_that_is_opened_in_between_is_seen(self, earlier: int) -> None:
        specialist = a_specialist()
        for number in range(earlier):
            a_slot(specialist, (4 + number) * HOUR)

        with (
            just_before("TransactWriteItems", lambda: a_slot(specialist, 90 * MINUTE)),
            pytest.raises(SlotOverlaps),
        ):
            a_slot(specialist)

        assert len(stored_in_calendar("slot")) == earlier + 1
        assert days()["day#2030-03-01"][1] == earlier + 1

    def test_another_slot_of_the_day_that_is_opened_in_between_is_kept(self) -> None:
        specialist = a_specialist()

        with just_before("TransactWriteItems", lambda: a_slot(specialist, 3 * HOUR)):
            a_slot(specialist)

        taken, version = days()["day#2030-03-01"]
        assert (len(taken), version) == (2, 2)

    def test_a_slot_that_its_day_does_not_know_is_not_replaced(self) -> None:
        specialist = a_specialist()
        slot = a_slot(specialist)
        delete_stored("calendar", {"specialist_id": specialist.specialist_id, "sk": "day#2030-03-01"})

        refused(TimeTaken, lambda: a_slot(specialist))

        assert stored_in_calendar("slot")[0]["slot_id"] == slot.id


class TestDeletingSlots:
    def test_the_slot_goes_and_its_time_is_free_again(self) -> None:
        specialist = a_specialist()
        slot = a_slot(specialist, 15 * HOUR, 2 * HOUR)

        with counted_calls() as calls:
            delete_slot(specialist, slot.id, NOW)

        assert calls.operations == ["GetItem", "GetItem", "GetItem", "TransactWriteItems"]
        assert stored_in_calendar("slot") == []
        assert days() == {"day#2030-03-01": (set(), 2), "day#2030-03-02": (set(), 2)}
        assert a_slot(specialist, 15 * HOUR, 2 * HOUR).id != slot.id

    def test_a_slot_whose_booking_was_cancelled_can_be_deleted(self) -> None:
        specialist, client = a_specialist(), a_client()
        booking = a_booking(specialist, client)
        cancel_booking(client, booking.id, NOW)

        delete_slot(specialist, booking.slot_id, NOW)

        assert stored_in_calendar("slot") == []

    def test_a_booked_slot_cannot_be_deleted(self) -> None:
        specialist = a_specialist()
        booking = a_booking(specialist, a_client())

        refused(BookedSlot, lambda: delete_slot(specialist, booking.slot_id, NOW))

    def test_someone_elses_slot_is_not_found(self) -> None:
        slot, stranger = a_slot(a_specialist()), a_specialist()

        refused(SlotNotFound, lambda: delete_slot(stranger, slot.id, NOW))
        refused(SlotNotFound, lambda: delete_slot(an_admin(), slot.id, NOW))

    def test_a_deleted_slot_is_not_found(self) -> None:
        specialist = a_specialist()
        slot = a_slot(specialist)
        delete_slot(specialist, slot.id, NOW)

        refused(SlotNotFound, lambda: delete_slot(specialist, slot.id, NOW))

    def test_a_slot_that_was_opened_again_at_the_same_time_is_another_slot(self) -> None:
        specialist = a_specialist()
        old = a_slot(specialist)
        delete_slot(specialist, old.id, NOW)
        a_slot(specialist)

        refused(SlotNotFound, lambda: delete_slot(specialist, old.id, NOW))

    @pytest.mark.parametrize("length", [timedelta(0), 2 * HOUR, 12 * DAY])
    def test_an_id_that_somebody_made_up_takes_no_slot_away(self, length: timedelta) -> None:
        specialist = a_specialist()
        slot = a_slot(specialist)
        made_up = SlotId.new(specialist.specialist_id, slot.start_at, slot.start_at + length)

        refused(SlotNotFound, lambda: delete_slot(specialist, made_up.text, NOW))

    @pytest.mark.parametrize("slot_id", ["", "nonsense", "x" * 10_000])
    def test_what_is_no_slot_id_is_not_found(self, slot_id: str) -> None:
        specialist = a_specialist()

        refused(SlotNotFound, lambda: delete_slot(specialist, slot_id, NOW))

    def test_a_slot_that_is_booked_in_between_stays(self) -> None:
        specialist = a_specialist()
        slot = a_slot(specialist)
        booked = {"booking_id": "bkg_x"}

        with (
            just_before("TransactWriteItems", lambda: change_stored("calendar", slot_key_of(slot.id), **booked)),
            pytest.raises(BookedSlot),
        ):
            delete_slot(specialist, slot.id, NOW)

        assert len(stored_in_calendar("slot")) == 1

    def test_a_slot_that_is_opened_in_between_is_kept_in_its_day(self) -> None:
        specialist = a_specialist()
        slot = a_slot(specialist)

        with just_before("TransactWriteItems", lambda: a_slot(specialist, 3 * HOUR)):
            delete_slot(specialist, slot.id, NOW)

        taken, version = days()["day#2030-03-01"]
        assert (len(taken), version) == (1, 3)


class TestListingSlots:
    def test_the_slots_to_come_are_listed_by_start_in_two_calls(self) -> None:
        specialist = a_specialist()
        opened = {number: a_slot(specialist, number * HOUR).id for number in (3, 1, 2)}

        with counted_calls() as calls:
            page = list_slots(specialist.specialist_id, from_now(NOW + 2 * HOUR), FIRST_PAGE, NOW + 2 * HOUR)

        assert calls.operations == ["BatchGetItem", "Query"]
        assert [slot.id for slot in page.items] == [opened[3]]

    def test_a_day_shows_what_starts_on_it(self) -> None:
        specialist = a_specialist()
        for start in ("2030-03-01T23:00", "2030-03-02T00:00", "2030-03-02T23:30", "2030-03-03T00:30"):
            at(specialist, start)

        page = list_slots(specialist.specialist_id, on_day(date(2030, 3, 2), UTC), FIRST_PAGE, NOW)

        assert [slot.start_at.isoformat()[:16] for slot in page.items] == ["2030-03-02T00:00", "2030-03-02T23:30"]

    def test_a_day_is_that_of_the_time_zone(self) -> None:
        specialist = a_specialist()
        for start in ("2030-03-01T22:30", "2030-03-01T23:00", "2030-03-02T22:30", "2030-03-02T23:00"):
            at(specialist, start)

        page = list_slots(
            specialist.specialist_id, on_day(date(2030, 3, 2), ZoneInfo("Europe/Berlin")), FIRST_PAGE, NOW
        )

        assert [slot.start_at.isoformat()[:16] for slot in page.items] == ["2030-03-01T23:00", "2030-03-02T22:30"]

    def test_booked_slots_are_shown_as_booked(self) -> None:
        specialist = a_specialist()
        a_booking(specialist, a_client())

        assert [
            slot.is_booked for slot in list_slots(specialist.specialist_id, from_now(NOW), FIRST_PAGE, NOW).items
        ] == [True]

    def test_a_next_page_begins_within_the_slots_that_are_still_to_come(self) -> None:
        """DynamoDB refuses to go on after a key that lies outside of what is asked for; moto does not."""
        specialist = a_specialist()
        opened = [a_slot(specialist, number * HOUR).id for number in (1, 2, 3)]
        first = list_slots(specialist.specialist_id, from_now(NOW), PageRequest(1), NOW)
        later = NOW + 90 * MINUTE

        with counted_calls() as calls:
            rest = list_slots(specialist.specialist_id, from_now(later), PageRequest(20, start=first.next_start), later)

        assert [slot.id for slot in rest.items] == opened[1:]
        [asked] = calls.parameters("Query")
        assert "ExclusiveStartKey" not in asked


class TestAvailability:
    def test_each_day_has_its_figures_in_two_calls(self) -> None:
        specialist = a_specialist()
        for number in (1, 2):
            a_slot(specialist, number * HOUR)
        a_booking(specialist, a_client(), DAY)

        with counted_calls() as calls:
            found = get_availability(specialist.specialist_id, date(2030, 3, 1), 3, UTC, NOW)

        assert calls.operations == ["BatchGetItem", "Query"]
        figures = [(day.date.day, day.total_slots, day.free_slots, day.booked_slots) for day in found]
        assert figures == [(1, 2, 2, 0), (2, 1, 0, 1), (3, 0, 0, 0)]

    def test_days_are_those_of_the_time_zone_also_when_clocks_change(self) -> None:
        specialist = a_specialist()
        for start in ("2030-03-30T23:00", "2030-03-31T21:30", "2030-03-31T22:00"):
            at(specialist, start)

        found = get_availability(specialist.specialist_id, date(2030, 3, 31), 2, ZoneInfo("Europe/Berlin"), NOW)

        assert [(day.date.isoformat(), day.total_slots) for day in found] == [("2030-03-31", 2), ("2030-04-01", 1)]


def at(specialist: Caller, start: str) -> None:
    """A slot of 15 minutes."""
    start_at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    open_slot(specialist, start_at, start_at + 15 * MINUTE, NOW)


def test_an_id_says_what_its_slot_is() -> None:
    slot = a_slot(a_specialist())

    told = parsed(slot.id)

    assert (told.specialist_id, told.start_at, told.end_at) == (slot.specialist_id, slot.start_at, slot.end_at)
