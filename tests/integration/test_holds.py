"""Holds: a booking with an end. It is confirmed before that in one write, or its time is free again."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from icalendar import Calendar

from booking.background import shards
from booking.bookings import rules
from booking.bookings.change_hours import set_schedule
from booking.bookings.confirm import confirm_booking
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.bookings.errors import (
    BookingHasExpired,
    BookingNotFound,
    HoldHasEnded,
    KeyUsedForOtherRequest,
    NotConfirmed,
    TooManyOpenHolds,
)
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.lapse import GRACE, LAPSES
from booking.bookings.open_holds import MOST_OPEN_HOLDS
from booking.bookings.read import BookingFilter, get_booking, list_own_bookings
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Booking, Status
from booking.bookings.timers import restore_timer
from booking.caller import Caller
from booking.dynamodb.queries import PageRequest
from booking.errors import Forbidden
from booking.notifications.reminders import REMINDERS
from booking.runtime.clock import current_instant
from booking.runtime.ids import new_id
from booking.slots import promotion_plan
from booking.slots.errors import BookedSlot, HoldsSlot, SlotAlreadyBooked
from booking.slots.read import get_availability
from booking.specialists.opening_hours import Schedule
from tests.instants import TICK
from tests.integration.api import Api, an_invocation, error_of
from tests.integration.opening_hours import TODAY, listed, opened, slot_at, taken, times
from tests.integration.outside import Died, Outside
from tests.integration.people import (
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
    three_waiters,
)
from tests.integration.store_calls import counted_calls, just_before, lost_answers, refusing
from tests.integration.sweeps import expire_everywhere, lapse_everywhere, remind_everywhere
from tests.integration.tables import booking_item, refused, slot_item, stored, waiting

HOLD = 600
ENDS = NOW + HOLD * SECOND
OVER = ENDS + GRACE


def a_hold(of: Caller, by: Caller, starts_in: timedelta = HOUR, seconds: int = HOLD) -> Booking:
    return create_booking(by, Wish(a_slot(of, starts_in).id), NOW, hold_seconds=seconds)


@pytest.fixture
def specialist() -> Caller:
    return a_specialist()


@pytest.fixture
def ann() -> Caller:
    return a_client()


@pytest.fixture
def hold(specialist: Caller, ann: Caller) -> Booking:
    return a_hold(specialist, ann)


class TestHolding:
    def test_a_hold_takes_the_slot_in_one_call_and_waits_for_its_end(self, specialist: Caller, ann: Caller) -> None:
        slot = a_slot(specialist)

        with counted_calls() as calls:
            hold = create_booking(ann, Wish(slot.id), NOW, hold_seconds=HOLD)

        assert calls.operations == ["TransactWriteItems"]
        assert (hold.status, hold.hold_expires_at, hold.cancelled_at) == (Status.HELD, ENDS, None)
        assert slot_item(slot.id)["booking_id"] == hold.id
        kept = booking_item(hold.id)
        assert (kept["status"], kept["hold_expires_at"]) == ("held", "2030-03-01T08:10:00.000000Z")
        assert kept["timer"].startswith("lapse#")

    def test_it_ends_when_its_slot_starts_at_the_latest(self, specialist: Caller, ann: Caller) -> None:
        hold = a_hold(specialist, ann, starts_in=5 * MINUTE)

        assert hold.hold_expires_at == hold.slot_start_at == NOW + 5 * MINUTE

    def test_nobody_else_gets_the_slot_and_its_specialist_cannot_delete_it(
        self, specialist: Caller, hold: Booking
    ) -> None:
        refused(SlotAlreadyBooked, partial(create_booking, a_client(), Wish(hold.slot_id), NOW))
        refused(BookedSlot, partial(delete_slot, specialist, hold.slot_id, NOW))

        assert slot_item(hold.slot_id)["booking_id"] == hold.id

    def test_a_hold_of_a_slot_from_hours_takes_its_minutes(self, ann: Caller) -> None:
        specialist = opened(a_specialist())

        hold = create_booking(ann, Wish(slot_at(specialist, "10:00")), NOW, hold_seconds=HOLD)

        assert taken(specialist) == {"10": set(range(60))}
        assert "10:00" not in times(listed(specialist), booked=False)
        assert booking_item(hold.id)["status"] == "held"

    def test_availability_counts_it_as_booked(self, specialist: Caller, hold: Booking) -> None:
        (day,) = get_availability(specialist.specialist_id, TODAY, 1, UTC, NOW)

        assert (day.total_slots, day.booked_slots) == (1, 1)

    def test_lists_show_it_by_its_status(self, ann: Caller, hold: Booking) -> None:
        def found(status: Status) -> list[str]:
            page = list_own_bookings(ann, BookingFilter(status), PageRequest(20))
            return [booking.id for booking in page.items]

        assert {status: found(status) for status in Status if found(status)} == {Status.HELD: [hold.id]}

    def test_a_repeat_with_its_key_answers_the_same_also_once_it_is_confirmed(
        self, specialist: Caller, ann: Caller
    ) -> None:
        slot = a_slot(specialist)
        book = partial(create_booking, ann, Wish(slot.id, key="k"))
        hold = book(hold_seconds=HOLD, now=NOW)

        again = book(hold_seconds=HOLD, now=NOW + SECOND)
        confirm_booking(ann, hold.id, NOW + SECOND)

        assert again == hold == book(hold_seconds=HOLD, now=NOW + 2 * SECOND)
        for seconds in (None, HOLD + 1):
            refused(KeyUsedForOtherRequest, partial(book, hold_seconds=seconds, now=NOW))

    def test_a_key_of_a_hold_and_one_of_a_note_that_says_the_same_are_two_requests(
        self, specialist: Caller, ann: Caller
    ) -> None:
        slot = a_slot(specialist)
        create_booking(ann, Wish(slot.id, note=str(HOLD), key="k"), NOW)

        refused(
            KeyUsedForOtherRequest,
            partial(create_booking, ann, Wish(slot.id, key="k"), NOW, hold_seconds=HOLD),
        )

    def test_whoever_holds_a_slot_does_not_wait_for_it(self, specialist: Caller, ann: Caller, hold: Booking) -> None:
        slot_id = slot_at(opened(a_specialist()), "10:00")
        create_booking(ann, Wish(slot_id), NOW, hold_seconds=HOLD)

        refused(HoldsSlot, partial(join_wait_list, ann, hold.slot_id, NOW))
        refused(HoldsSlot, partial(join_wait_list, ann, slot_id, NOW))

    def test_it_is_not_moved(self, specialist: Caller, ann: Caller, hold: Booking) -> None:
        other = a_slot(specialist, 3 * HOUR)

        refused(NotConfirmed, partial(reschedule_booking, ann, hold.id, other.id, NOW))

    def test_new_hours_name_it_among_the_conflicts(self, ann: Caller) -> None:
        specialist = opened(a_specialist())
        hold = create_booking(ann, Wish(slot_at(specialist, "10:00")), NOW, hold_seconds=HOLD)

        changed = set_schedule(specialist, Schedule(), NOW)

        assert [booking.id for booking in changed.conflicts] == [hold.id]

    def test_neither_reminder_nor_expiry_comes_to_it(self, hold: Booking, outside: Outside) -> None:
        assert remind_everywhere(NOW).total() == 0
        assert expire_everywhere(NOW + 2 * HOUR).total() == 0
        assert booking_item(hold.id)["status"] == "held"


class TestConfirming:
    def test_a_hold_is_confirmed_in_one_call(self, ann: Caller, hold: Booking) -> None:
        with counted_calls() as calls:
            confirmed = confirm_booking(ann, hold.id, ENDS - TICK, payment_ref="pi_1")

        assert calls.operations == ["UpdateItem"]
        assert (confirmed.status, confirmed.payment_ref, confirmed.hold_expires_at) == (Status.CONFIRMED, "pi_1", None)
        kept = booking_item(hold.id)
        assert (kept["status"], kept["payment_ref"]) == ("confirmed", "pi_1")
        assert kept["timer"].startswith("remind#")
        assert "hold_expires_at" not in kept
        assert slot_item(hold.slot_id)["booking_id"] == hold.id

    @pytest.mark.parametrize("who", ["client", "specialist", "admin"])
    def test_its_client_its_specialist_and_admins_may(
        self, who: str, specialist: Caller, ann: Caller, hold: Booking
    ) -> None:
        caller = {"client": ann, "specialist": specialist, "admin": an_admin()}[who]

        assert confirm_booking(caller, hold.id, NOW).status is Status.CONFIRMED

    def test_strangers_may_not(self, ann: Caller, hold: Booking) -> None:
        for stranger in (a_client(), a_specialist()):
            refused(Forbidden, partial(confirm_booking, stranger, hold.id, NOW))
        confirm_booking(ann, hold.id, NOW)
        refused(Forbidden, partial(confirm_booking, a_client(), hold.id, NOW))
        refused(Forbidden, partial(confirm_booking, a_client(), hold.id, ENDS))

    def test_what_does_not_exist_is_not_found(self, ann: Caller) -> None:
        for booking_id in (new_id(rules.BOOKING_PREFIX), "bkg_no", "x" * 3000):
            refused(BookingNotFound, partial(confirm_booking, ann, booking_id, NOW))
        assert stored("bookings") == []

    def test_a_repeat_changes_nothing(self, ann: Caller, hold: Booking) -> None:
        first = confirm_booking(ann, hold.id, NOW, payment_ref="pi_1")

        assert confirm_booking(ann, hold.id, ENDS + HOUR, payment_ref="pi_2") == first
        assert booking_item(hold.id)["payment_ref"] == "pi_1"

    def test_an_answer_that_was_lost_does_no_harm(self, ann: Caller, hold: Booking) -> None:
        with lost_answers("UpdateItem"):
            assert confirm_booking(ann, hold.id, NOW).status is Status.CONFIRMED

    def test_a_booking_that_never_was_held_is_confirmed_already(self, specialist: Caller, ann: Caller) -> None:
        booking = create_booking(ann, Wish(a_slot(specialist).id), NOW)

        assert confirm_booking(ann, booking.id, NOW, payment_ref="pi_1") == booking
        assert "payment_ref" not in booking_item(booking.id)

    @pytest.mark.parametrize("after", [timedelta(0), SECOND])
    def test_a_hold_that_has_ended_is_not_confirmed_though_no_sweep_has_run(
        self, after: timedelta, ann: Caller, hold: Booking
    ) -> None:
        refused(HoldHasEnded, partial(confirm_booking, ann, hold.id, ENDS + after))

        assert booking_item(hold.id)["status"] == "held"

    def test_nor_one_that_was_cancelled_or_has_lapsed(self, specialist: Caller, ann: Caller, hold: Booking) -> None:
        other = a_hold(specialist, ann, 3 * HOUR)
        cancel_booking(ann, hold.id, NOW)
        lapse_everywhere(OVER)

        for booking in (hold, other):
            refused(HoldHasEnded, partial(confirm_booking, ann, booking.id, NOW))
        assert {item["status"] for item in stored("bookings")} == {"cancelled", "expired"}

    def test_once_confirmed_it_is_reminded_and_expires_like_any_other(self, ann: Caller, hold: Booking) -> None:
        confirm_booking(ann, hold.id, NOW)

        assert lapse_everywhere(OVER + HOUR).total() == 0
        assert expire_everywhere(NOW + 2 * HOUR) == {"expired": 1}

    def test_its_reminder_is_due_since_it_was_confirmed(self, ann: Caller, hold: Booking) -> None:
        """Not since it was made, or each confirmation would look like a sweep that is late."""
        confirm_booking(ann, hold.id, NOW + 5 * MINUTE)
        raw = [item for shard in range(4) for due in REMINDERS.due(shard, NOW) for item in due.first_page()]

        assert [REMINDERS.due_since(item) for item in raw] == [NOW + 5 * MINUTE]


class TestEnding:
    def test_a_hold_that_has_ended_lapses_and_its_slot_is_free(self, ann: Caller, hold: Booking) -> None:
        assert lapse_everywhere(OVER - TICK).total() == 0

        assert lapse_everywhere(OVER) == {"lapsed": 1}

        kept = booking_item(hold.id)
        assert (kept["status"], kept["cancelled_at"]) == ("expired", "2030-03-01T08:10:05.000000Z")
        assert "timer" not in kept
        assert "booking_id" not in slot_item(hold.slot_id)
        assert get_booking(ann, hold.id, OVER).has_lapsed
        assert lapse_everywhere(OVER + HOUR).total() == 0

    def test_the_first_in_line_gets_the_slot_in_the_same_write(self, hold: Booking) -> None:
        first, *others = three_waiters(hold.slot_id)

        with counted_calls() as calls:
            assert lapse_everywhere(OVER) == {"lapsed": 1}

        assert calls.operations.count("TransactWriteItems") == 1
        assert slot_item(hold.slot_id)["client_id"] == first.user_id
        assert booking_item(slot_item(hold.slot_id)["booking_id"])["status"] == "confirmed"
        assert waiting(hold.slot_id) == [other.user_id for other in others]

    def test_minutes_of_hours_are_free_or_the_first_waiters(self, ann: Caller) -> None:
        specialist, waiter = opened(a_specialist()), a_waiter()
        for start in ("09:00", "11:00"):
            create_booking(ann, Wish(slot_at(specialist, start)), NOW, hold_seconds=HOLD)
        join_wait_list(waiter, slot_at(specialist, "09:15"), NOW)

        assert lapse_everywhere(OVER) == {"lapsed": 2}

        assert taken(specialist) == {"09": set(range(15, 60)), "10": set(range(15))}
        assert [item["client_id"] for item in stored("bookings") if item["status"] == "confirmed"] == [waiter.user_id]

    @pytest.mark.parametrize("ends", ["confirmed", "cancelled"])
    def test_what_is_confirmed_or_cancelled_meanwhile_is_left_alone(
        self, ends: str, ann: Caller, hold: Booking
    ) -> None:
        end = partial(confirm_booking if ends == "confirmed" else cancel_booking, ann, hold.id, NOW)

        with just_before("TransactWriteItems", end):
            assert lapse_everywhere(OVER) == {"skipped": 1}

        assert booking_item(hold.id)["status"] == ends

    def test_of_a_confirmation_and_a_lapse_the_later_one_is_refused(self, ann: Caller, hold: Booking) -> None:
        with just_before("UpdateItem", lambda: lapse_everywhere(OVER)), pytest.raises(HoldHasEnded):
            confirm_booking(ann, hold.id, ENDS - TICK)

        assert booking_item(hold.id)["status"] == "expired"
        assert "booking_id" not in slot_item(hold.slot_id)

    def test_a_hold_whose_slot_has_started_lapses_and_nobody_is_promoted(self, specialist: Caller, ann: Caller) -> None:
        hold = a_hold(specialist, ann, starts_in=5 * MINUTE)
        join_wait_list(a_waiter(), hold.slot_id, NOW)

        assert lapse_everywhere(NOW + 10 * MINUTE) == {"lapsed": 1}

        assert [item["status"] for item in stored("bookings")] == ["expired"]
        assert not {"booking_id", "waiters"} & slot_item(hold.slot_id).keys()

    def test_a_hold_can_be_cancelled_whatever_notice_its_specialist_wants(self, ann: Caller) -> None:
        specialist = opened(a_specialist(), change_notice_minutes=1000)
        hold = create_booking(ann, Wish(slot_at(specialist, "10:00")), NOW, hold_seconds=HOLD)

        assert cancel_booking(ann, hold.id, NOW).status is Status.CANCELLED

        assert taken(specialist) == {}
        assert "timer" not in booking_item(hold.id)
        assert lapse_everywhere(OVER).total() == 0

    def test_a_lapsed_one_is_not_cancelled(self, ann: Caller, hold: Booking) -> None:
        lapse_everywhere(OVER)

        refused(BookingHasExpired, partial(cancel_booking, ann, hold.id, ENDS))

    def test_a_run_that_was_cut_short_is_finished_by_the_next(
        self, monkeypatch: pytest.MonkeyPatch, ann: Caller
    ) -> None:
        """More wait than one write promotes, and the function dies right after it."""
        specialist = opened(a_specialist(), step_minutes=20)
        create_booking(ann, Wish(slot_at(specialist, "09:00")), NOW, hold_seconds=HOLD)
        monkeypatch.setattr(promotion_plan, "MOST_PROMOTED", 1)
        waiters, service = [a_waiter() for _ in range(3)], a_service(specialist, 20)
        for number, waiter in enumerate(waiters):
            join_wait_list(
                waiter, slot_at(specialist, f"09:{20 * number:02}", 20), NOW + number * SECOND, service_id=service.id
            )
        with monkeypatch.context() as dying:
            dying.setattr("booking.bookings.free_time.promote_rest", _dies)
            with pytest.raises(Died):
                lapse_everywhere(OVER)
        assert lapse_everywhere(OVER + MINUTE) == {"lapsed": 1}

        assert {item["client_id"] for item in stored("bookings") if item["status"] == "confirmed"} == {
            waiter.user_id for waiter in waiters
        }
        (lapsed,) = [item for item in stored("bookings") if item["status"] == "expired"]
        assert not {"timer", "frees"} & lapsed.keys()

    def test_one_that_cannot_be_worked_on_is_put_aside_and_comes_back_by_hand(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch, hold: Booking
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("booking.bookings.lapse.end_booking", _breaks)
            assert lapse_everywhere(OVER) == {"dead": 1}
        (letter,) = outside.letters
        assert letter["source"] == "sweep.lapse"
        assert "timer" not in booking_item(hold.id)

        assert restore_timer(hold.id, letter["content"]["timer"])

        assert lapse_everywhere(OVER) == {"lapsed": 1}
        assert not restore_timer(hold.id, letter["content"]["timer"])

    def test_a_timer_that_comes_back_by_hand_takes_no_reminder_from_what_was_confirmed(
        self, ann: Caller, hold: Booking
    ) -> None:
        timer = booking_item(hold.id)["timer"]
        confirm_booking(ann, hold.id, NOW)

        assert not restore_timer(hold.id, timer)
        assert booking_item(hold.id)["timer"].startswith("remind#")

    def test_a_store_that_is_busy_leaves_it_for_the_next_sweep(self, hold: Booking) -> None:
        with refusing("ThrottlingException", only="TransactWriteItems"):
            assert lapse_everywhere(OVER) == {"later": 1}

        assert lapse_everywhere(OVER + MINUTE) == {"lapsed": 1}

    def test_a_sweep_reads_what_is_due_only(self, specialist: Caller, hold: Booking) -> None:
        for number in range(4):
            a_hold(specialist, a_client(), (number + 2) * HOUR, seconds=HOLD + 60)

        found = [item for shard in range(4) for due in LAPSES.due(shard, OVER) for item in due.all(None)]

        assert [item["booking_id"]["S"] for item in found] == [hold.id]
        assert LAPSES.due_since(found[0]) == OVER


class TestDispatch:
    def dispatched(self, now: datetime) -> dict[str, float]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shards, "current_instant", lambda: now)
            return shards.dispatch(LAPSES, an_invocation())

    def test_it_sends_each_message_twice_so_that_a_hold_lapses_within_a_minute(
        self, outside: Outside, hold: Booking
    ) -> None:
        assert self.dispatched(OVER + 2 * SECOND) == {"shards": 1, "lapse_lag_seconds": 2}

        assert [json.loads(text)["sweep"] for text in outside.shards] == ["lapse", "lapse"]
        assert outside.delays == [0, 30]

    def test_what_ends_before_the_second_message_comes_is_found_and_is_not_late(
        self, outside: Outside, hold: Booking
    ) -> None:
        assert self.dispatched(OVER - 31 * SECOND) == {"shards": 0, "lapse_lag_seconds": 0}
        assert self.dispatched(OVER - 30 * SECOND) == {"shards": 1, "lapse_lag_seconds": 0}
        assert outside.delays == [0, 30]

    def test_only_sweeps_that_are_to_run_twice_send_two(self, outside: Outside, ann: Caller, hold: Booking) -> None:
        confirm_booking(ann, hold.id, NOW)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shards, "current_instant", lambda: NOW)
            shards.dispatch(REMINDERS, an_invocation())

        assert outside.delays == [0]


class TestLimit:
    def holds(self, specialist: Caller, by: Caller, number: int = MOST_OPEN_HOLDS) -> list[Booking]:
        return [a_hold(specialist, by, (1 + each) * HOUR) for each in range(number)]

    def test_a_client_holds_a_few_at_a_time(self, specialist: Caller, ann: Caller) -> None:
        self.holds(specialist, ann)
        slot = a_slot(specialist, 20 * HOUR)

        refused(TooManyOpenHolds, partial(create_booking, ann, Wish(slot.id), NOW, hold_seconds=HOLD))

        assert len(stored("bookings")) == MOST_OPEN_HOLDS
        assert "booking_id" not in slot_item(slot.id)
        create_booking(ann, Wish(slot.id), NOW)
        a_hold(specialist, a_client(), 22 * HOUR)

    @pytest.mark.parametrize("ended", ["confirmed", "cancelled", "over"])
    def test_what_has_ended_makes_room(self, ended: str, specialist: Caller, ann: Caller) -> None:
        first, *_ = self.holds(specialist, ann)
        now = {"confirmed": NOW, "cancelled": NOW, "over": ENDS}[ended]
        if ended != "over":
            (confirm_booking if ended == "confirmed" else cancel_booking)(ann, first.id, NOW)
        slots = [a_slot(specialist, (20 + each) * HOUR) for each in range(2)]

        create_booking(ann, Wish(slots[0].id), now, hold_seconds=HOLD)

        again = partial(create_booking, ann, Wish(slots[1].id), now, hold_seconds=HOLD)
        if ended == "over":
            again()
        else:
            refused(TooManyOpenHolds, again)

    def test_a_slot_that_is_taken_says_so_also_to_whoever_holds_too_many(self, specialist: Caller, ann: Caller) -> None:
        hold, *_ = self.holds(specialist, ann)

        refused(SlotAlreadyBooked, partial(create_booking, ann, Wish(hold.slot_id), NOW, hold_seconds=HOLD))

    def test_a_repeat_of_the_last_one_is_answered_as_before(self, specialist: Caller, ann: Caller) -> None:
        self.holds(specialist, ann, MOST_OPEN_HOLDS - 1)
        book = partial(create_booking, ann, Wish(a_slot(specialist, 20 * HOUR).id, key="k"), hold_seconds=HOLD)

        assert book(now=NOW) == book(now=NOW + SECOND)

    def test_room_that_somebody_else_takes_meanwhile_is_gone(self, specialist: Caller, ann: Caller) -> None:
        first, *_ = self.holds(specialist, ann)
        confirm_booking(ann, first.id, NOW)
        one, other = (a_slot(specialist, (20 + each) * HOUR) for each in range(2))

        with (
            just_before(
                "TransactWriteItems", lambda: create_booking(ann, Wish(other.id), NOW, hold_seconds=HOLD), call=2
            ),
            pytest.raises(TooManyOpenHolds),
        ):
            create_booking(ann, Wish(one.id), NOW, hold_seconds=HOLD)

        assert len([item for item in stored("bookings") if item["status"] == "held"]) == MOST_OPEN_HOLDS


class TestRoutes:
    def post(self, api: Api, caller: Caller, slot_id: str, **fields: object) -> Any:
        return api.request("POST", "/bookings", caller, json={"slot_id": slot_id, **fields})

    def calendar_file(self, api: Api, caller: Caller, booking_id: str) -> tuple[str, str]:
        text = api.request("GET", f"/bookings/{booking_id}/calendar.ics", caller).text
        calendar = Calendar.from_ical(text)
        (event,) = calendar.walk("VEVENT")
        return str(calendar["METHOD"]), str(event["STATUS"])

    def test_a_slot_is_held_and_confirmed(self, api: Api) -> None:
        now, ann = current_instant(), a_client()
        slot = a_slot(a_specialist(), 24 * HOUR, now=now)

        answer = self.post(api, ann, slot.id, hold_seconds=60)
        held = answer.json()
        path = f"/bookings/{held['id']}"
        tentative = self.calendar_file(api, ann, held["id"])
        confirmed = api.request("POST", f"{path}/confirm", ann, json={"payment_ref": " pi_1 "})

        assert (answer.status_code, held["status"], held["payment_ref"]) == (201, "held", None)
        made, ends = (datetime.fromisoformat(held[name]) for name in ("created_at", "hold_expires_at"))
        assert ends - made == MINUTE
        assert tentative == ("REQUEST", "TENTATIVE")
        assert (confirmed.status_code, confirmed.json()) == (
            200,
            {**held, "status": "confirmed", "hold_expires_at": None, "payment_ref": "pi_1"},
        )
        assert api.request("POST", f"{path}/confirm", ann).json() == confirmed.json()
        assert self.calendar_file(api, ann, held["id"]) == ("REQUEST", "CONFIRMED")

    def test_a_hold_that_has_lapsed_leaves_calendars(self, api: Api) -> None:
        now, ann = current_instant(), a_client()
        slot = a_slot(a_specialist(), 24 * HOUR, now=now)
        held = self.post(api, ann, slot.id, hold_seconds=60).json()

        lapse_everywhere(now + 2 * MINUTE)

        assert self.calendar_file(api, ann, held["id"]) == ("CANCEL", "CANCELLED")
        error_of(api.request("POST", f"/bookings/{held['id']}/confirm", ann), 409, "hold_ended")
        (listed,) = api.request("GET", "/bookings/me?status=expired", ann).json()
        assert (listed["id"], listed["hold_expires_at"]) == (held["id"], held["hold_expires_at"])

    @pytest.mark.parametrize("seconds", [0, 59, 1801, -60, "60", 60.5, True, []])
    def test_a_hold_is_one_to_thirty_minutes_long(self, api: Api, seconds: object) -> None:
        slot = a_slot(a_specialist(), 24 * HOUR, now=current_instant())

        error_of(self.post(api, a_client(), slot.id, hold_seconds=seconds), 422, "validation_error")

        assert stored("bookings") == []

    @pytest.mark.parametrize("body", [{"payment_ref": "x" * 201}, {"payment_ref": "\x00"}, {"ref": "x"}, []])
    def test_a_confirmation_says_nothing_but_a_reference(self, api: Api, body: Any) -> None:
        ann = a_client()
        held = self.post(api, ann, a_slot(a_specialist(), 24 * HOUR, now=current_instant()).id, hold_seconds=60).json()

        error_of(api.request("POST", f"/bookings/{held['id']}/confirm", ann, json=body), 422, "validation_error")

        assert booking_item(held["id"])["status"] == "held"

    def test_one_hold_too_many_is_a_409(self, api: Api) -> None:
        specialist, ann, now = a_specialist(), a_client(), current_instant()
        slots = [a_slot(specialist, (24 + each) * HOUR, now=now) for each in range(MOST_OPEN_HOLDS + 1)]

        answers = [self.post(api, ann, slot.id, hold_seconds=600) for slot in slots]

        assert [answer.status_code for answer in answers[:-1]] == [201] * MOST_OPEN_HOLDS
        assert error_of(answers[-1], 409, "too_many_open_holds")["detail"] == "Too many open holds"


def _dies(*_: object) -> None:
    raise Died


def _breaks(*_: object) -> None:
    raise ValueError
