"""Sweeps: started bookings expire and upcoming ones are reminded, once, whatever fails and whoever else sweeps."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from booking.background import shards
from booking.background.shards import ShardMessage, Sweep
from booking.background.sweep import LEAST_TIME_LEFT_MS, PAGE_SIZE, Bounds
from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.errors import BookingHasExpired
from booking.bookings.expire import EXPIRY, expire_started
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Booking
from booking.bookings.timers import restore_timer
from booking.caller import Caller, Locale, Role
from booking.notifications.reminders import REMINDERS
from booking.runtime.clock import to_stored
from booking.runtime.settings import settings
from booking.specialists import profiles
from booking.telemetry import metrics
from booking.telemetry.metric_totals import read_totals
from queues import work_off_shards
from schedules import dispatch_sweeps
from tests.integration.api import an_invocation
from tests.integration.outside import Died, Outside, calendar_of, error, text_of
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
)
from tests.integration.sending import send_queued
from tests.integration.store_calls import Answer, counted_calls, items_read, just_before, refusing
from tests.integration.sweeps import PLENTY, dispatched, expire_everywhere, queued, remind_everywhere
from tests.integration.tables import booking_item, change_stored, slot_item, slot_key_of, stored

pytestmark = pytest.mark.usefixtures("outside")

AT_START = NOW + HOUR
SHARDS = 4
BEHIND_THE_BACK = "somebody-elses-booking"


def expire(now: datetime = AT_START + SECOND, bounds: Bounds = PLENTY) -> Counter[str]:
    return expire_everywhere(now, bounds)


def remind(now: datetime = NOW, bounds: Bounds = PLENTY) -> Counter[str]:
    return remind_everywhere(now, bounds)


def bookings(number: int) -> list[Booking]:
    """So many bookings that start at the same moment, each with a specialist of its own."""
    return [a_booking(a_specialist(), a_client()) for _ in range(number)]


def statuses() -> Counter[str]:
    return Counter(item["status"] for item in stored("bookings"))


class TestExpiry:
    def test_a_started_booking_expires_its_slot_is_free_and_nobody_is_promoted(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        join_wait_list(a_client(), booking.slot_id, NOW)

        assert expire() == {"expired": 1}

        (item,) = stored("bookings")
        assert (item["status"], "timer" in item) == ("expired", False)
        assert item["cancelled_at"].startswith("2030-03-01T09:00:01")
        assert slot_item(booking.slot_id).keys().isdisjoint({"booking_id", "client_id", "waiters"})

    def test_a_booking_expires_at_its_start_and_not_before(self) -> None:
        a_booking(a_specialist(), a_client())
        assert expire(AT_START - SECOND) == {}
        assert expire(AT_START) == {"expired": 1}

    def test_a_deployer_may_grant_time_after_the_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BOOKING_EXPIRE_AFTER_START_MINUTES", "15")
        settings.cache_clear()
        a_booking(a_specialist(), a_client())
        assert expire(AT_START + 14 * MINUTE) == {}
        assert expire(AT_START + 15 * MINUTE) == {"expired": 1}

    def test_a_booking_that_was_reminded_is_granted_the_same_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BOOKING_EXPIRE_AFTER_START_MINUTES", "15")
        settings.cache_clear()
        a_booking(a_specialist(), a_client())
        assert remind() == {"queued": 1}
        assert expire(AT_START + 14 * MINUTE) == {}
        assert expire(AT_START + 15 * MINUTE) == {"expired": 1}

    def test_a_booking_expires_whether_it_was_reminded_or_not(self) -> None:
        a_booking(a_specialist(), a_client())
        remind()
        a_booking(a_specialist(), a_client())
        assert expire() == {"expired": 2}

    def test_a_second_sweep_finds_nothing_with_one_query_per_kind_of_timer_and_shard(self) -> None:
        bookings(3)
        expire()
        with counted_calls() as calls:
            assert expire() == {}
        assert calls.counted == {"Query": 2 * SHARDS}

    def test_of_two_sweeps_at_once_one_expires(self) -> None:
        a_booking(a_specialist(), a_client())
        others: list[Counter[str]] = []
        with just_before("TransactWriteItems", lambda: others.append(expire())):
            mine = expire()
        assert (mine, others) == ({"skipped": 1}, [{"expired": 1}])

    def test_a_booking_that_is_cancelled_meanwhile_stays_cancelled(self) -> None:
        booking = a_booking(a_specialist(), a_client())
        with just_before("TransactWriteItems", lambda: cancel_booking(an_admin(), booking.id, AT_START + SECOND)):
            assert expire() == {"skipped": 1}
        assert statuses() == {"cancelled": 1}

    def test_a_booking_that_is_moved_meanwhile_keeps_its_new_slot(self) -> None:
        specialist = a_specialist()
        booking = a_booking(specialist, a_client())
        later = a_slot(specialist, 3 * HOUR)
        with just_before("TransactWriteItems", lambda: reschedule_booking(an_admin(), booking.id, later.id, AT_START)):
            assert expire() == {"skipped": 1}
        assert statuses() == {"confirmed": 1}
        assert slot_item(later.id)["booking_id"] == booking.id

    @pytest.mark.parametrize("role", [Role.CLIENT, Role.SPECIALIST, Role.ADMIN])
    def test_an_expired_booking_cannot_be_cancelled(self, role: Role) -> None:
        ann, specialist = a_client(), a_specialist()
        booking = a_booking(specialist, ann)
        expire()
        caller = {Role.CLIENT: ann, Role.SPECIALIST: specialist, Role.ADMIN: an_admin()}[role]
        with pytest.raises(BookingHasExpired):
            cancel_booking(caller, booking.id, AT_START + SECOND)

    def test_a_booking_that_is_just_being_changed_is_looked_at_again(self, outside: Outside) -> None:
        """Its slot may say already that it is another's: no dead letter, for nothing is wrong."""
        bookings(1)
        reasons = ["TransactionConflict", "ConditionalCheckFailed"]
        with refusing("TransactionCanceledException", only="TransactWriteItems", times=3, reasons=reasons):
            assert expire() == {"expired": 1}
        bookings(1)
        with refusing("TransactionCanceledException", only="TransactWriteItems", reasons=reasons):
            assert expire() == {"later": 1}
        assert outside.letters == []
        assert expire() == {"expired": 1}

    def test_it_frees_no_slot_that_somebody_else_holds(self, outside: Outside) -> None:
        booking = a_booking(a_specialist(), a_client())
        change_stored("calendar", slot_key_of(booking.slot_id), booking_id=BEHIND_THE_BACK)

        assert expire() == {"dead": 1}

        assert slot_item(booking.slot_id)["booking_id"] == BEHIND_THE_BACK
        (letter,) = outside.letters
        assert letter["source"] == "sweep.expire"
        assert letter["reason"].startswith("SlotOutOfStep: ")
        assert letter["content"]["booking_id"] == booking.id
        assert expire() == {}


@pytest.fixture
def one_shard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All timers are in the shard 0."""
    monkeypatch.setenv("TIMER_SHARDS", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()


def time_for(items: int) -> Bounds:
    """Time is short once so many items have been worked on."""
    clock = iter([LEAST_TIME_LEFT_MS] * items)
    return Bounds(lambda: next(clock, LEAST_TIME_LEFT_MS - 1))


class TestBounds:
    @pytest.mark.usefixtures("one_shard")
    def test_a_run_ends_while_there_is_time_left_and_the_next_goes_on_behind_it(self) -> None:
        bookings(5)
        first = expire_started(AT_START, 0, time_for(3))
        assert first.outcomes == {"expired": 3, "unfinished": 1}
        with items_read() as read:
            assert expire_started(AT_START, 0, PLENTY, first.reached).outcomes == {"expired": 2}
        assert read["items"] == 2

    @pytest.mark.usefixtures("one_shard")
    def test_what_must_wait_is_not_met_again_by_the_runs_of_one_dispatch(self) -> None:
        """Else the rest would never be reached while the first can not be worked on."""
        bookings(5)
        with refusing("InternalServerError", only="TransactWriteItems", status=500):
            first = expire_started(AT_START, 0, time_for(3))
        assert first.outcomes == {"later": 3, "unfinished": 1}
        assert expire_started(AT_START, 0, PLENTY, first.reached).outcomes == {"expired": 2}
        assert expire_started(AT_START, 0, PLENTY).outcomes == {"expired": 3}

    @pytest.mark.usefixtures("one_shard")
    def test_a_run_goes_on_in_the_kind_of_timers_that_another_has_reached(self) -> None:
        bookings(2)
        remind()
        bookings(2)
        first = expire_started(AT_START, 0, time_for(3))
        assert (first.reached or {})["timer"] == "remind#0"
        assert expire_started(AT_START, 0, PLENTY, first.reached).outcomes == {"expired": 1}

    @pytest.mark.usefixtures("one_shard")
    def test_a_run_without_time_for_one_item_leaves_all_where_they_are(self) -> None:
        bookings(1)
        report = expire_started(AT_START, 0, time_for(0))
        assert (report.outcomes, report.reached) == ({"unfinished": 1}, None)

    @pytest.mark.usefixtures("one_shard")
    def test_a_shard_is_read_to_its_end_page_by_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("booking.background.sweep.PAGE_SIZE", 2)
        bookings(5)
        assert expire() == {"expired": 5}

    def test_what_is_read_is_what_is_due(self) -> None:
        specialist = a_specialist()
        for number in range(5):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        ended = a_booking(a_specialist(), a_client(), starts_in=HOUR / 4)
        cancel_booking(an_admin(), ended.id, NOW)
        with items_read() as read:
            assert expire(NOW + 2 * HOUR) == {"expired": 2}
        assert read == {"items": 2, "queries": 2 * SHARDS}


class TestPoison:
    def test_a_poisoned_item_does_not_stop_the_rest_and_ends_with_its_reason(self, outside: Outside) -> None:
        poisoned, *_ = bookings(3)
        change_stored("bookings", {"booking_id": poisoned.id}, slot_end_at="the day after")

        assert expire() == {"expired": 2, "dead": 1}

        (letter,) = outside.letters
        assert letter == {
            "source": "sweep.expire",
            "reason": "ValueError: Invalid isoformat string: 'the day after'",
            "content": {"booking_id": poisoned.id, "timer": letter["content"]["timer"]},
        }
        assert letter["content"]["timer"].startswith("remind#")
        assert expire() == {}

    def test_without_a_queue_it_stays_where_it_is_and_the_rest_goes_on(self, outside: Outside) -> None:
        poisoned, *_ = bookings(3)
        change_stored("bookings", {"booking_id": poisoned.id}, slot_end_at="the day after")
        outside.before_letter = lambda: error("ServiceUnavailable", status=503)
        assert expire() == {"expired": 2, "later": 1}
        outside.before_letter = lambda: None
        assert expire() == {"dead": 1}

    def test_a_booking_that_cannot_be_reminded_expires_all_the_same(self, outside: Outside) -> None:
        booking = a_booking(a_specialist(), a_client())
        change_stored("bookings", {"booking_id": booking.id}, slot_end_at="the day after")
        assert remind() == {"dead": 1}
        assert remind() == {}
        assert [letter["source"] for letter in outside.letters] == ["sweep.remind"]
        change_stored("bookings", {"booking_id": booking.id}, slot_end_at=to_stored(booking.slot_end_at))
        assert expire() == {"expired": 1}

    def test_nor_does_a_mail_that_cannot_be_written_keep_it_from_expiring(self, outside: Outside) -> None:
        booking = a_booking(a_specialist(), a_client())
        change_stored("bookings", {"booking_id": booking.id}, client_locale="klingon")
        assert remind() == {"queued": 1}
        assert send_queued(outside) == 0
        assert [letter["source"] for letter in outside.letters] == ["queue.send_mail"]
        assert expire() == {"expired": 1}

    def test_a_poisoned_item_that_was_moved_meanwhile_keeps_its_timer(self, outside: Outside) -> None:
        specialist = a_specialist()
        booking = a_booking(specialist, a_client())
        later = a_slot(specialist, 3 * HOUR)
        change_stored("bookings", {"booking_id": booking.id}, slot_end_at="the day after")

        def move() -> Answer:
            change_stored("bookings", {"booking_id": booking.id}, slot_end_at=to_stored(booking.slot_end_at))
            reschedule_booking(an_admin(), booking.id, later.id, NOW)
            return None

        outside.before_letter = move
        assert remind() == {"dead": 1}
        assert booking_item(booking.id)["timer"].startswith("remind#")

    def test_an_unreachable_store_is_waited_for(self) -> None:
        bookings(2)
        with refusing("InternalServerError", only="TransactWriteItems", status=500):
            assert expire() == {"later": 2}
        assert expire() == {"expired": 2}


class TestReminders:
    def test_a_reminder_has_the_right_recipient_time_zone_and_calendar_file(self, outside: Outside) -> None:
        specialist, ann = a_specialist(), a_client()
        profiles.update_own_profile(specialist, {"time_zone": "Europe/Moscow", "display_name": "Dr. No"}, NOW)
        booking = a_booking(specialist, ann)

        assert remind() == {"queued": 1}
        assert send_queued(outside) == 0

        (sent,) = outside.mails
        assert (sent["To"], sent["Subject"]) == (
            ann.email,
            "Reminder: Appointment, 2030-03-01, 12:00–13:00 (Europe/Moscow)",
        )
        assert "2030-03-01, 12:00–13:00 (Europe/Moscow)" in text_of(sent)
        assert "2030-03-01, 12:00–13:00 (Europe/Moscow)" in text_of(sent, "html")
        (event,) = calendar_of(sent).events
        assert (event["uid"], event.start) == (f"{booking.id}@booking-api", AT_START)
        assert sent.as_bytes().isascii()

    def test_a_reminder_speaks_the_clients_language(self, outside: Outside) -> None:
        ann = Caller("usr_" + "a" * 20, Role.CLIENT, "anna@example.com", Locale.RU)
        create_booking(ann, Wish(a_slot(a_specialist()).id), NOW)
        remind()
        send_queued(outside)
        (sent,) = outside.mails
        assert sent["Subject"] == "Напоминание: Приём, 01.03.2030, 09:00–10:00 (UTC)"
        assert "Напоминаем" in text_of(sent)
        assert '<html lang="ru">' in text_of(sent, "html")

    def test_a_booking_is_reminded_once_though_the_sweep_runs_three_times(self, outside: Outside) -> None:
        a_booking(a_specialist(), a_client())
        assert [remind(), remind(), remind()] == [{"queued": 1}, {}, {}]
        send_queued(outside)
        assert len(outside.mails) == 1

    def test_of_two_sweeps_at_once_both_ask_and_one_reminds(self, outside: Outside) -> None:
        a_booking(a_specialist(), a_client())
        with just_before("UpdateItem", remind):
            remind()
        assert len(outside.requests) == 2
        send_queued(outside)
        assert len(outside.mails) == 1
        assert remind() == {}

    def test_only_what_starts_within_the_window_is_reminded(self) -> None:
        specialist = a_specialist()
        a_booking(specialist, a_client(), starts_in=2 * HOUR + SECOND)
        assert remind() == {}
        assert remind(NOW + SECOND) == {"queued": 1}

    def test_what_has_started_is_not_reminded(self, outside: Outside) -> None:
        a_booking(a_specialist(), a_client())
        assert remind(AT_START) == {"too_late": 1}
        assert outside.requests == []
        assert remind(AT_START) == {}

    def test_a_cancelled_booking_is_not_reminded(self) -> None:
        ann = a_client()
        cancel_booking(ann, a_booking(a_specialist(), ann).id, NOW)
        assert remind() == {}

    def test_a_booking_that_is_cancelled_meanwhile_is_not_reminded(self, outside: Outside) -> None:
        booking = a_booking(a_specialist(), a_client())
        remind()
        cancel_booking(an_admin(), booking.id, NOW)
        assert send_queued(outside) == 0
        assert (outside.mails, outside.letters) == ([], [])

    def test_a_booking_that_is_moved_meanwhile_is_reminded_for_its_new_time(self, outside: Outside) -> None:
        specialist = a_specialist()
        booking = a_booking(specialist, a_client())
        later = a_slot(specialist, 10 * HOUR)
        with just_before("UpdateItem", lambda: reschedule_booking(an_admin(), booking.id, later.id, NOW)):
            remind()
        send_queued(outside)
        assert outside.mails == []
        assert remind(NOW + 9 * HOUR) == {"queued": 1}
        send_queued(outside, NOW + 9 * HOUR)
        assert "18:00–19:00" in text_of(outside.mails[0])

    def test_a_reminder_that_is_sent_only_after_the_start_is_none(self, outside: Outside) -> None:
        a_booking(a_specialist(), a_client())
        remind()
        assert send_queued(outside, AT_START) == 0
        assert outside.mails == []

    def test_a_moved_booking_is_reminded_anew(self, outside: Outside) -> None:
        specialist, ann = a_specialist(), a_client()
        booking = a_booking(specialist, ann)
        remind()
        send_queued(outside)
        reschedule_booking(ann, booking.id, a_slot(specialist, 10 * HOUR).id, NOW + SECOND)
        assert remind(NOW + 2 * SECOND) == {}
        assert remind(NOW + 9 * HOUR) == {"queued": 1}
        send_queued(outside, NOW + 9 * HOUR)
        assert ["09:00–10:00" in text_of(sent) for sent in outside.mails] == [True, False]
        assert "18:00–19:00" in text_of(outside.mails[1])

    def test_it_costs_a_message_and_a_write_per_booking(self, one_shard: None) -> None:
        bookings(3)
        with counted_calls() as calls:
            remind()
        assert calls.counted == {"Query": 2, "UpdateItem": 3}  # bookings, and digests

    def test_a_timer_that_could_not_be_set_makes_two_requests_and_one_mail(self, outside: Outside) -> None:
        booking = a_booking(a_specialist(), a_client())
        with refusing("InternalServerError", only="UpdateItem", table=settings().bookings_table, status=500):
            assert remind() == {"later": 1}
        assert booking_item(booking.id)["timer"].startswith("remind#")
        assert remind(NOW + MINUTE) == {"queued": 1}
        assert booking_item(booking.id)["timer"].startswith("expire#")
        assert send_queued(outside) == 0
        assert len(outside.mails) == 1

    def test_without_the_mail_queue_it_is_asked_for_later(self, outside: Outside) -> None:
        a_booking(a_specialist(), a_client())
        outside.before_request = lambda: error("ServiceUnavailable", status=503)
        assert remind() == {"later": 1}
        outside.before_request = lambda: None
        assert remind() == {"queued": 1}

    def test_without_a_sender_nobody_is_asked(self, outside: Outside) -> None:
        booking = a_booking(a_specialist(), a_client())
        with pytest.MonkeyPatch.context() as environment:  # undone before `outside`, which sets the same
            environment.setenv("MAIL_SENDER", "")
            settings.cache_clear()
            remind()
        assert outside.requests == []
        assert booking_item(booking.id)["timer"].startswith("expire#")


def expiry_lag(now: datetime) -> float:
    return dispatched_at(EXPIRY, now)["expiry_lag_seconds"]


def reminder_lag(now: datetime) -> float:
    return dispatched_at(REMINDERS, now)["reminder_lag_seconds"]


class TestLag:
    """How late a sweep is: the look-ahead is two hours, and bookings start an hour after `NOW`."""

    def test_there_is_none_when_nothing_is_due(self) -> None:
        a_booking(a_specialist(), a_client(), starts_in=3 * HOUR)
        assert (expiry_lag(NOW), reminder_lag(NOW)) == (0, 0)

    def test_expiry_is_due_from_the_slots_start_and_the_oldest_of_all_shards_counts(self) -> None:
        for minutes in (30, 10, 20):
            a_booking(a_specialist(), a_client(), starts_in=minutes * MINUTE)
        assert expiry_lag(NOW + HOUR) == 50 * 60
        expire(NOW + HOUR)
        assert expiry_lag(NOW + HOUR) == 0

    def test_it_is_told_though_no_worker_comes_to_a_shard(self) -> None:
        """Workers were what told of it: of what they never reached nobody knew."""
        bookings(1)
        assert [expiry_lag(AT_START + number * HOUR) for number in range(3)] == [0, 60 * 60, 2 * 60 * 60]

    def test_time_that_is_granted_after_the_start_is_no_lag(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BOOKING_EXPIRE_AFTER_START_MINUTES", "15")
        settings.cache_clear()
        a_booking(a_specialist(), a_client())
        assert expiry_lag(AT_START + 20 * MINUTE) == 5 * 60

    def test_a_reminder_is_due_from_when_the_start_comes_within_the_look_ahead(self) -> None:
        a_booking(a_specialist(), a_client(), starts_in=10 * HOUR)
        assert reminder_lag(NOW + 8 * HOUR + 7 * MINUTE) == 7 * 60

    def test_of_a_booking_made_within_the_look_ahead_it_is_due_from_when_it_was_made(self) -> None:
        a_booking(a_specialist(), a_client())
        assert reminder_lag(NOW + 7 * MINUTE) == 7 * 60

    @pytest.mark.usefixtures("one_shard")
    def test_a_booking_that_was_just_made_for_an_earlier_slot_hides_no_older_one(self) -> None:
        specialist = a_specialist()
        a_booking(specialist, a_client())
        create_booking(a_client(), Wish(a_slot(a_specialist(), HOUR / 2).id), NOW + 6 * MINUTE)
        assert reminder_lag(NOW + 7 * MINUTE) == 7 * 60

    def test_of_a_booking_moved_within_the_look_ahead_it_is_due_from_when_it_was_moved(self) -> None:
        specialist, ann = a_specialist(), a_client()
        booking = a_booking(specialist, ann, starts_in=10 * HOUR)
        sooner = a_slot(specialist, 3 * HOUR)
        reschedule_booking(ann, booking.id, sooner.id, NOW + 2 * HOUR)
        assert reminder_lag(NOW + 2 * HOUR + 7 * MINUTE) == 7 * 60

    def test_of_a_promoted_client_it_is_due_from_the_promotion(self) -> None:
        specialist, ann = a_specialist(), a_client()
        booking = a_booking(specialist, ann)
        join_wait_list(a_waiter(), booking.slot_id, NOW)
        cancel_booking(ann, booking.id, NOW + 20 * MINUTE)
        assert reminder_lag(NOW + 27 * MINUTE) == 7 * 60

    def test_what_must_wait_is_late(self, outside: Outside) -> None:
        a_booking(a_specialist(), a_client())
        outside.before_request = lambda: error("ServiceUnavailable", status=503)
        assert remind(NOW + 5 * MINUTE) == {"later": 1}
        assert reminder_lag(NOW + 10 * MINUTE) == 10 * 60

    @pytest.mark.usefixtures("one_shard")
    def test_an_item_that_cannot_tell_since_when_it_is_due_stops_nothing(self, outside: Outside) -> None:
        poisoned, *_ = bookings(2)
        change_stored("bookings", {"booking_id": poisoned.id}, starts="2030-02-30")
        assert expiry_lag(AT_START + MINUTE) == 60
        assert expire(AT_START + MINUTE) == {"expired": 2}


class TestDispatch:
    def test_each_shard_in_which_something_is_due_gets_a_message_that_says_until_when(self, outside: Outside) -> None:
        for shard in (1, 3):
            change_stored("bookings", {"booking_id": a_booking(a_specialist(), a_client()).id}, timer=f"remind#{shard}")
        a_booking(a_specialist(), a_client(), starts_in=5 * HOUR)

        assert dispatched_at(EXPIRY, AT_START)["shards"] == 2
        assert dispatched_at(REMINDERS, NOW)["shards"] == 2

        expiries = [ShardMessage("expire", shard, AT_START + 5 * MINUTE) for shard in (1, 3)]
        reminders = [ShardMessage("remind", shard, NOW + 10 * MINUTE) for shard in (1, 3)]
        assert messages(outside) == [*expiries, *reminders]

    def test_nothing_is_sent_when_nothing_is_due(self, outside: Outside) -> None:
        a_booking(a_specialist(), a_client())
        assert dispatched_at(EXPIRY, NOW) == {"shards": 0, "expiry_lag_seconds": 0}
        assert messages(outside) == []

    def test_it_reads_one_page_of_each_kind_of_timer_and_shard(self, one_shard: None) -> None:
        with counted_calls() as calls:
            dispatched_at(EXPIRY, AT_START)
        assert calls.counted == {"Query": 2}
        assert {sent["Limit"] for sent in calls.parameters("Query")} == {PAGE_SIZE}

    def test_a_shard_that_cannot_be_read_gets_its_message_and_holds_up_no_other(self, outside: Outside) -> None:
        for shard in range(SHARDS):
            change_stored("bookings", {"booking_id": a_booking(a_specialist(), a_client()).id}, timer=f"remind#{shard}")
        with refusing("ProvisionedThroughputExceededException", only="Query", times=1):
            assert dispatched_at(REMINDERS, NOW)["shards"] == SHARDS
        assert [message.shard for message in messages(outside)] == [*range(SHARDS)]

    def test_shards_that_were_added_are_dispatched_beside_those_that_were_there(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = bookings(6)
        monkeypatch.setenv("TIMER_SHARDS", "16")
        settings.cache_clear()
        after = bookings(12)
        timers = {booking_item(booking.id)["timer"] for booking in (*before, *after)}
        assert any(int(timer.partition("#")[2]) >= SHARDS for timer in timers)

        dispatched_at(REMINDERS, NOW)

        assert {f"remind#{message.shard}" for message in messages(outside)} == timers
        work_off_queue(outside, NOW)
        assert len(outside.requests) == 18
        dispatched_at(EXPIRY, AT_START)
        work_off_queue(outside, AT_START)
        assert statuses() == {"expired": 18}


class TestWorkers:
    @pytest.mark.usefixtures("one_shard")
    def test_what_one_run_does_not_come_to_is_handed_on_until_the_shard_is_empty(self, outside: Outside) -> None:
        bookings(5)
        assert dispatched_at(EXPIRY, AT_START)["shards"] == 1
        runs = work_off_queue(outside, AT_START, items_per_run=2)
        assert (runs, statuses()) == (3, {"expired": 5})

    @pytest.mark.usefixtures("one_shard")
    def test_nothing_is_handed_on_once_the_next_dispatch_has_begun_anew(self, outside: Outside) -> None:
        """Else each dispatch would add a chain of workers to those that are busy in the shard already."""
        bookings(3)
        event = queued(ShardMessage("expire", 0, AT_START + MINUTE).text)
        run_at(event, AT_START + MINUTE, time_left=time_for(2).time_left_ms)
        assert (messages(outside), statuses()) == ([], {"expired": 2, "confirmed": 1})

    @pytest.mark.usefixtures("one_shard")
    def test_a_run_ends_when_the_next_dispatch_begins(self, outside: Outside) -> None:
        bookings(3)
        event = queued(ShardMessage("expire", 0, AT_START + SECOND).text)
        clock = iter([AT_START, AT_START, AT_START + SECOND, AT_START + 2 * SECOND, AT_START + 2 * SECOND])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shards, "current_instant", lambda: next(clock))
            assert work_off_shards.handler(event, an_invocation()) == {"batchItemFailures": []}
        assert (messages(outside), statuses()) == ([], {"expired": 2, "confirmed": 1})

    @pytest.mark.usefixtures("one_shard")
    def test_what_goes_on_with_an_earlier_dispatch_is_left_to_the_later_one(self, outside: Outside) -> None:
        bookings(1)
        after = {"timer": "remind#0", "starts": "2030", "booking_id": "bkg_"}
        event = queued(ShardMessage("expire", 0, AT_START, after).text)
        assert run_at(event, AT_START) == {"batchItemFailures": []}
        assert statuses() == {"confirmed": 1}

    @pytest.mark.usefixtures("one_shard")
    def test_the_message_of_a_dispatch_itself_is_worked_off_however_late(self, outside: Outside) -> None:
        """While a queue is long all messages are late."""
        bookings(1)
        run_at(queued(ShardMessage("expire", 0, AT_START).text), AT_START + HOUR)
        assert statuses() == {"expired": 1}

    def test_a_poisoned_shard_holds_up_no_other_and_its_message_comes_again(self, outside: Outside) -> None:
        for shard in range(SHARDS):
            change_stored("bookings", {"booking_id": a_booking(a_specialist(), a_client()).id}, timer=f"remind#{shard}")
        with refusing("ProvisionedThroughputExceededException", only="Query", times=1):
            answer = run_at(dispatched(REMINDERS), NOW)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
        assert len(outside.requests) == SHARDS - 1

        assert run_at(dispatched(REMINDERS, [0]), NOW) == {"batchItemFailures": []}
        assert len(set(outside.requests)) == len(outside.requests) == SHARDS

    @pytest.mark.usefixtures("one_shard")
    @pytest.mark.parametrize("call", [2, 3])
    def test_a_worker_that_dies_mid_way_loses_nothing_and_its_message_does_the_rest_once(
        self, outside: Outside, call: int
    ) -> None:
        """It dies when it has asked for a mail, before the booking's timer moves on."""
        clients = [str(booking.client.email) for booking in bookings(4)]
        event = dispatched(REMINDERS, [0])
        with just_before("UpdateItem", die, call=call), pytest.raises(Died):
            run_at(event, NOW)

        run_at(event, NOW + 6 * MINUTE)  # once the message can be seen again

        assert len(outside.requests) == len(clients) + 1
        send_queued(outside, NOW + 6 * MINUTE)
        assert sorted(outside.recipients) == sorted(map(str, clients))
        assert outside.letters == []

    def test_two_workers_in_one_shard_do_each_thing_once(self, outside: Outside) -> None:
        bookings(4)
        event = dispatched(EXPIRY)
        with just_before("TransactWriteItems", lambda: run_at(event, AT_START), call=2):
            run_at(event, AT_START)
        assert statuses() == {"expired": 4}
        assert outside.letters == []

    def test_a_message_that_nobody_understands_fails_as_a_whole(self) -> None:
        """Lambda hands it out again, and SQS puts it into the dead-letter queue after the fifth time."""
        with pytest.raises(ValueError, match="Expecting value"):
            run_at(queued("what?"), NOW)

    def test_nor_does_anybody_know_a_sweep_of_another_name(self) -> None:
        with pytest.raises(KeyError):
            run_at(queued(ShardMessage("sleep", 0, NOW).text), NOW)


class TestFunctions:
    def test_the_dispatcher_logs_and_reports_what_it_found(
        self, log_stream: io.StringIO, capsys: pytest.CaptureFixture[str]
    ) -> None:
        a_booking(a_specialist(), a_client(), starts_in=SECOND)
        capsys.readouterr()
        metrics._emf.clear_metrics()
        assert dispatched_at(EXPIRY, NOW + MINUTE) == {"shards": 1, "expiry_lag_seconds": 59}
        assert '"sweep":"expire","shards":1,"expiry_lag_seconds":59.0' in log_stream.getvalue()
        assert told_to_cloudwatch(capsys) == {"expiry_lag_seconds": [59]}

    def test_a_dispatcher_that_finds_nothing_due_tells_cloudwatch_nothing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert dispatched_at(EXPIRY, NOW) == {"shards": 0, "expiry_lag_seconds": 0}
        assert '"_aws"' not in capsys.readouterr().out

    @pytest.mark.usefixtures("one_shard")
    def test_the_expiry_function_logs_and_counts_what_it_did(
        self, log_stream: io.StringIO, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bookings(2)
        event = dispatched(EXPIRY, [0], until=AT_START + HOUR)
        run_at(event, AT_START, time_left=time_for(1).time_left_ms)
        assert '"sweep":"expire","shard":0,"expired":1,"unfinished":1' in log_stream.getvalue()
        told = {"bookings_confirmed": [1, 1], "bookings_expired": [1], "sweeps_unfinished": [1]}
        assert told_to_cloudwatch(capsys) == told
        run_at(event, AT_START)
        assert told_to_cloudwatch(capsys) == {"bookings_expired": [1]}
        assert read_totals() == {"bookings_confirmed": 2, "bookings_expired": 2, "sweeps_unfinished": 1}

    @pytest.mark.usefixtures("one_shard")
    def test_the_reminder_function_logs_and_counts_what_it_did(
        self, log_stream: io.StringIO, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bookings(2)
        run_at(dispatched(REMINDERS, [0]), NOW + MINUTE)
        assert '"sweep":"remind","shard":0,"queued":2' in log_stream.getvalue()
        assert told_to_cloudwatch(capsys) == {"bookings_confirmed": [1, 1]}

    def test_the_dispatcher_runs_all_sweeps_where_the_event_names_none(self) -> None:
        """As by hand, or where a dead letter asks for it."""
        bookings(1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shards, "current_instant", lambda: AT_START)
            told = dispatch_sweeps.handler({}, an_invocation())
        assert {name: summary["shards"] for name, summary in told.items()} == {"expire": 1, "lapse": 0, "remind": 1}


def dispatched_at(sweep: Sweep, now: datetime) -> dict[str, float]:
    """One dispatch at that moment; what it says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "current_instant", lambda: now)
        summary: dict[str, float] = dispatch_sweeps.handler({"sweep": sweep.name}, an_invocation())[sweep.name]
    return summary


def run_at(event: dict[str, Any], now: datetime, *, time_left: Callable[[], int] = lambda: 60_000) -> dict[str, Any]:
    """One invocation of a worker at that moment; what it answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "current_instant", lambda: now)
        return work_off_shards.handler(event, an_invocation(time_left))


def messages(outside: Outside) -> list[ShardMessage]:
    """What lies in the sweeps' queue."""
    return [ShardMessage.parse(text) for text in outside.shards]


def work_off_queue(outside: Outside, now: datetime, items_per_run: int = PAGE_SIZE) -> int:
    """Hands every message to a worker until the queue is empty; how many there were."""
    runs = 0
    while outside.shards:
        event = queued(outside.shards.pop(0))
        assert run_at(event, now, time_left=time_for(items_per_run).time_left_ms) == {"batchItemFailures": []}
        runs += 1
    return runs


def die() -> Answer:
    raise Died


def told_to_cloudwatch(capsys: pytest.CaptureFixture[str]) -> dict[str, list[float]]:
    """The metrics of the one line that CloudWatch has read since the last time."""
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if '"_aws"' in text]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service"]]
    return {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}


def test_a_timer_is_restored_while_its_booking_stands() -> None:
    client = a_client()
    booking = a_booking(a_specialist(), client)

    assert restore_timer(booking.id, "expire#3")

    assert booking_item(booking.id)["timer"] == "expire#3"
    cancel_booking(client, booking.id, NOW)
    assert not restore_timer(booking.id, "expire#3")
    assert "timer" not in booking_item(booking.id)
