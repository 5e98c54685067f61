"""The bookings table's stream: each change is published and told by mail once, and no failure stops the others."""

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest

from booking.accounts.table import UserItem
from booking.background.queues import TryLater
from booking.background.sweep import LEAST_TIME_LEFT_MS
from booking.bookings.attendance import set_attendance
from booking.bookings.confirm import confirm_booking
from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Attendance, Booking
from booking.caller import Caller, Locale
from booking.dynamodb.items import create
from booking.errors import StoreUnavailable
from booking.notifications.events import BookingEvent
from booking.notifications.guest_bookings import take_over_for_account
from booking.runtime.settings import settings
from booking.specialists import profiles
from booking.telemetry.metric_totals import read_totals
from infra.settings import ROOT
from streams import publish_events
from tests.integration.outside import BUS, SENDER, Outside, calendar_of, error, text_of
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
from tests.integration.sending import publish, records, send_queued, tell
from tests.integration.store_calls import Answer, counted_calls, refusing
from tests.integration.sweeps import expire_everywhere, lapse_everywhere
from tests.integration.tables import change_stored, delete_stored, stored, stored_in_calendar

pytestmark = pytest.mark.usefixtures("outside")

SCHEMA = jsonschema_rs.validator_for(json.loads((ROOT / "infra" / "events" / "booking-event.schema.json").read_text()))


@pytest.fixture
def specialist() -> Caller:
    specialist = a_specialist()
    profiles.update_own_profile(specialist, {"time_zone": "Asia/Tokyo", "display_name": "Dr. No"}, NOW)
    return specialist


@pytest.fixture
def ann() -> Caller:
    return a_client()


@pytest.fixture
def booking(specialist: Caller, ann: Caller) -> Booking:
    return a_booking(specialist, ann)


def a_failed_entry(code: str) -> Answer:
    """How the bus answers when it has not taken the one event that it was given."""
    failed = {"ErrorCode": code, "ErrorMessage": "as the bus says"}
    return (SimpleNamespace(status_code=200, headers={}), {"FailedEntryCount": 1, "Entries": [failed]})


def html_language_of(sent: EmailMessage) -> str:
    return text_of(sent, "html").partition('<html lang="')[2].partition('"')[0]


def published(outside: Outside) -> list[str]:
    return [event["DetailType"] for event in outside.events]


class TestEvents:
    def test_a_booking_is_published_as_its_schema_says(self, outside: Outside, booking: Booking) -> None:
        assert tell(outside) == []
        (event,) = outside.events
        assert (event["EventBusName"], event["Source"], event["DetailType"]) == (BUS, "booking-api", "BookingConfirmed")
        detail = json.loads(event["Detail"])
        assert detail["booking"]["id"] == booking.id
        assert detail["booking"]["slot_start_at"] == "2030-03-01T09:00:00.000000Z"
        assert detail["previous_slot"] is None
        assert "@" not in event["Detail"]

    def test_every_event_follows_the_schema(
        self, outside: Outside, booking: Booking, specialist: Caller, ann: Caller
    ) -> None:
        join_wait_list(a_waiter(), booking.slot_id, NOW)
        later = a_slot(specialist, 3 * HOUR)
        reschedule_booking(ann, booking.id, later.id, NOW)
        cancel_booking(ann, booking.id, NOW)
        expire_everywhere(NOW + HOUR)

        assert tell(outside) == []

        assert sorted(published(outside)) == [
            *("BookingCancelled", "BookingConfirmed", "BookingConfirmed", "BookingExpired", "BookingRescheduled"),
            "WaitListPromoted",
        ]
        for event in outside.events:
            SCHEMA.validate(
                {"detail-type": event["DetailType"], **event, "detail": json.loads(event["Detail"])}["detail"]
            )
        (moved,) = [json.loads(e["Detail"]) for e in outside.events if e["DetailType"] == "BookingRescheduled"]
        assert moved["previous_slot"]["slot_id"] == booking.slot_id
        assert moved["booking"]["slot_id"] == later.id
        assert len({json.loads(event["Detail"])["event_id"] for event in outside.events}) == 6

    def test_attendance_is_published_whenever_it_changes_and_nobody_is_mailed(
        self, outside: Outside, booking: Booking, specialist: Caller
    ) -> None:
        set_attendance(specialist, booking.id, Attendance.NO_SHOW, NOW + HOUR)
        set_attendance(specialist, booking.id, Attendance.NO_SHOW, NOW + HOUR)
        expire_everywhere(NOW + HOUR)
        set_attendance(specialist, booking.id, Attendance.ATTENDED, NOW + 2 * HOUR)
        set_attendance(specialist, booking.id, None, NOW + 2 * HOUR)

        assert [tell(outside), tell(outside)] == [[], []]

        details = [(event["DetailType"], json.loads(event["Detail"])) for event in outside.events]
        assert [(kind, detail["booking"]["attendance"]) for kind, detail in details] == [
            ("BookingConfirmed", None),
            ("BookingAttendanceSet", "no_show"),
            ("BookingExpired", "no_show"),
            ("BookingAttendanceSet", "attended"),
            ("BookingAttendanceSet", None),
        ]
        for _, detail in details:
            SCHEMA.validate(detail)
        assert len(outside.mails) == 2

    def test_moving_and_cancelling_are_one_event_each_whatever_was_said_of_the_slot_before(
        self, outside: Outside, booking: Booking, specialist: Caller
    ) -> None:
        set_attendance(specialist, booking.id, Attendance.NO_SHOW, NOW + HOUR)
        reschedule_booking(specialist, booking.id, a_slot(specialist, 3 * HOUR).id, NOW + HOUR)
        set_attendance(specialist, booking.id, Attendance.NO_SHOW, NOW + 3 * HOUR)
        cancel_booking(specialist, booking.id, NOW + 3 * HOUR)

        assert tell(outside) == []

        kinds = ["Confirmed", "AttendanceSet", "Rescheduled", "AttendanceSet", "Cancelled"]
        assert published(outside) == [f"Booking{kind}" for kind in kinds]

    def test_a_hold_is_published_and_confirmed_once_when_it_is(
        self, outside: Outside, specialist: Caller, ann: Caller
    ) -> None:
        hold = create_booking(ann, Wish(a_slot(specialist).id), NOW, hold_seconds=600)
        confirm_booking(ann, hold.id, NOW, payment_ref="pi_1")
        confirm_booking(ann, hold.id, NOW)

        assert [tell(outside), tell(outside)] == [[], []]

        assert published(outside) == ["BookingHeld", "BookingConfirmed"]
        held, confirmed = (json.loads(event["Detail"]) for event in outside.events)
        for detail in (held, confirmed):
            SCHEMA.validate(detail)
        told = [
            (detail["booking"]["hold_expires_at"], detail["booking"]["payment_ref"]) for detail in (held, confirmed)
        ]
        assert told == [("2030-03-01T08:10:00.000000Z", None), (None, "pi_1")]
        assert [sent["Subject"].partition(":")[0] for sent in outside.mails] == ["Booked", "New booking"]

    def test_a_hold_that_lapses_or_is_cancelled_is_published_and_nobody_is_mailed(
        self, outside: Outside, specialist: Caller, ann: Caller
    ) -> None:
        holds = [
            create_booking(ann, Wish(a_slot(specialist, hours * HOUR).id), NOW, hold_seconds=600) for hours in (1, 3)
        ]
        cancel_booking(ann, holds[0].id, NOW)
        lapse_everywhere(NOW + HOUR)

        assert tell(outside) == []

        assert published(outside) == ["BookingHeld", "BookingHeld", "BookingCancelled", "BookingLapsed"]
        for event in outside.events:
            SCHEMA.validate(json.loads(event["Detail"]))
        assert outside.mails == []

    def test_whoever_gets_what_a_hold_has_left_is_mailed(
        self, outside: Outside, specialist: Caller, ann: Caller
    ) -> None:
        hold, ben = create_booking(ann, Wish(a_slot(specialist).id), NOW, hold_seconds=600), a_waiter()
        join_wait_list(ben, hold.slot_id, NOW)
        lapse_everywhere(NOW + 11 * MINUTE)

        tell(outside)

        assert sorted(published(outside)) == ["BookingConfirmed", "BookingHeld", "BookingLapsed", "WaitListPromoted"]
        assert sorted(outside.recipients) == sorted([ben.email, specialist.email])

    def test_changes_that_mean_nothing_outside_are_not_published(self, outside: Outside, booking: Booking) -> None:
        change_stored("bookings", {"booking_id": booking.id}, timer="expire#1")
        assert tell(outside) == []
        assert published(outside) == ["BookingConfirmed"]

    def test_a_deleted_booking_is_no_news(self, outside: Outside, booking: Booking) -> None:
        delete_stored("bookings", {"booking_id": booking.id})
        told = records()
        assert [record["eventName"] for record in told] == ["INSERT", "REMOVE"]
        assert tell(outside, told) == []
        assert published(outside) == ["BookingConfirmed"]
        assert (len(outside.mails), outside.letters) == (2, [])

    def test_an_event_is_published_once_though_its_record_comes_again(self, outside: Outside, booking: Booking) -> None:
        assert [tell(outside), tell(outside), tell(outside)] == [[], [], []]
        assert (len(outside.events), len(outside.mails)) == (1, 2)


class TestMail:
    def test_client_and_specialist_are_told_in_the_specialists_time_zone(
        self, outside: Outside, booking: Booking, ann: Caller, specialist: Caller
    ) -> None:
        tell(outside)
        assert sorted(outside.recipients) == sorted([ann.email, specialist.email])
        for sent in outside.mails:
            assert "2030-03-01, 18:00–19:00 (Asia/Tokyo)" in text_of(sent)
            (event,) = calendar_of(sent).events
            assert event["status"] == "CONFIRMED"

    def test_a_cancellation_is_told_with_a_calendar_file_that_takes_the_event_away(
        self, outside: Outside, booking: Booking, ann: Caller
    ) -> None:
        cancel_booking(ann, booking.id, NOW)
        tell(outside)
        calendar = calendar_of(outside.mails[-1])
        assert calendar["method"] == "CANCEL"
        assert outside.mails[-1]["Subject"].startswith("Cancelled: ")

    @pytest.mark.parametrize("by", ["client", "specialist"])
    def test_either_side_is_told_why_the_other_has_cancelled(
        self, outside: Outside, booking: Booking, ann: Caller, specialist: Caller, by: str
    ) -> None:
        cancel_booking(ann if by == "client" else specialist, booking.id, NOW, reason="The heating is broken")
        tell(outside)
        told = [sent for sent in outside.mails if "Reason: The heating is broken" in text_of(sent)]
        assert sorted(sent["To"] for sent in told) == sorted([ann.email, specialist.email])
        assert json.loads(outside.events[-1]["Detail"])["booking"]["cancel_reason"] == "The heating is broken"

    def test_a_move_is_told_with_both_times(
        self, outside: Outside, booking: Booking, specialist: Caller, ann: Caller
    ) -> None:
        reschedule_booking(ann, booking.id, a_slot(specialist, 3 * HOUR).id, NOW)
        tell(outside)
        told = text_of(outside.mails[-1])
        assert "20:00–21:00" in told
        assert "Before: 2030-03-01, 18:00–19:00 (Asia/Tokyo)" in told

    def test_whoever_is_promoted_gets_one_mail_about_it(self, outside: Outside, booking: Booking, ann: Caller) -> None:
        ben = a_waiter()
        join_wait_list(ben, booking.slot_id, NOW)
        cancel_booking(ann, booking.id, NOW)
        tell(outside)
        (mail,) = [sent for sent in outside.mails if sent["To"] == ben.email]
        assert mail["Subject"].startswith("You have a place: ")

    def test_an_expiry_is_published_and_nobody_is_mailed(self, outside: Outside, booking: Booking) -> None:
        """Most appointments that expire are taking place: nothing may take them out of calendars."""
        expire_everywhere(NOW + HOUR)
        assert tell(outside) == []
        assert published(outside) == ["BookingConfirmed", "BookingExpired"]
        assert [sent["Subject"].partition(":")[0] for sent in outside.mails] == ["Booked", "New booking"]

    @pytest.mark.parametrize(("clients", "specialists"), [(Locale.EN, Locale.RU), (Locale.RU, Locale.EN)])
    def test_each_is_told_in_a_language_of_ones_own(
        self, outside: Outside, specialist: Caller, ann: Caller, clients: Locale, specialists: Locale
    ) -> None:
        profiles.update_own_profile(specialist, {"locale": specialists}, NOW)
        a_booking(specialist, replace(ann, locale=clients))
        tell(outside)
        language = {sent["To"]: html_language_of(sent) for sent in outside.mails}
        assert language == {ann.email: clients.value, specialist.email: specialists.value}
        subjects = {sent["To"]: sent["Subject"].partition(":")[0] for sent in outside.mails}
        assert subjects[ann.email] == {Locale.EN: "Booked", Locale.RU: "Запись подтверждена"}[clients]
        assert subjects[specialist.email] == {Locale.EN: "New booking", Locale.RU: "Новая запись"}[specialists]

    def test_a_client_never_sees_the_specialists_address(
        self, outside: Outside, booking: Booking, specialist: Caller, ann: Caller
    ) -> None:
        join_wait_list(a_waiter(), booking.slot_id, NOW)
        reschedule_booking(ann, booking.id, a_slot(specialist, 3 * HOUR).id, NOW)
        cancel_booking(ann, booking.id, NOW)
        tell(outside)
        of_clients = [sent for sent in outside.mails if sent["To"] != specialist.email]
        assert len(of_clients) == 4
        for sent in of_clients:
            (event,) = calendar_of(sent).events
            assert event["organizer"] == f"mailto:{SENDER}"
            assert event["organizer"].params["CN"] == "Dr. No"
            shown = [*sent.values(), text_of(sent), text_of(sent, "html"), calendar_of(sent).to_ical().decode()]
            assert specialist.email not in "\n".join(shown)

    def test_a_domain_of_other_letters_is_sent_to_in_punycode(
        self, outside: Outside, specialist: Caller, ann: Caller
    ) -> None:
        a_booking(specialist, replace(ann, email="ann@bücher.example"))
        assert tell(outside) == []
        assert sorted(outside.recipients) == sorted(["ann@xn--bcher-kva.example", specialist.email])
        assert "ann@bücher.example has booked" in text_of(outside.mails[1])

    @pytest.mark.parametrize("address", ["änn@example.com", "ann@-ü-.example"])
    def test_an_address_that_ses_cannot_take_is_refused_and_told_to_nobody(
        self, outside: Outside, specialist: Caller, ann: Caller, address: str, log_stream: io.StringIO
    ) -> None:
        a_booking(specialist, replace(ann, email=address))
        assert tell(outside) == []
        assert outside.recipients == [specialist.email]
        assert [letter["reason"] for letter in outside.letters] == ["Refused: SES takes no address like this"]
        assert address not in log_stream.getvalue()


class TestDailyCap:
    @pytest.fixture(autouse=True)
    def caps(self, monkeypatch: pytest.MonkeyPatch, outside: Outside) -> None:
        monkeypatch.setenv("MAIL_UNVERIFIED_MAX_PER_DAY", "2")
        monkeypatch.setenv("MAIL_SPECIALIST_MAX_PER_DAY", "3")
        settings.cache_clear()

    def booked(self, ann: Caller, number: int) -> None:
        for _ in range(number):
            a_booking(a_specialist(), ann)

    def test_a_clients_address_gets_so_many_mails_a_day_and_events_go_on(
        self, outside: Outside, ann: Caller, log_stream: io.StringIO
    ) -> None:
        self.booked(ann, 5)
        assert tell(outside) == []
        assert outside.recipients.count(ann.email) == 2
        assert (len(outside.mails), len(outside.events), outside.letters) == (2 + 5, 5, [])
        assert log_stream.getvalue().count("mail withheld") == 3
        assert ann.email not in log_stream.getvalue()
        assert read_totals()["mail_withheld"] == 3
        assert read_totals()["notifications_sent"] == 7

    def test_what_was_withheld_is_settled_and_the_next_day_is_another(self, outside: Outside, ann: Caller) -> None:
        self.booked(ann, 3)
        tell(outside)
        next_day = datetime(2030, 3, 2, tzinfo=UTC)
        assert tell(outside, now=next_day) == []
        assert outside.recipients.count(ann.email) == 2
        self.booked(ann, 1)
        assert tell(outside, now=next_day) == []
        assert outside.recipients.count(ann.email) == 3

    def test_a_mail_that_is_tried_again_counts_once(self, outside: Outside, ann: Caller) -> None:
        self.booked(ann, 2)
        outside.before_mail = lambda to: error("Throttling") if to == ann.email else None
        for _ in range(3):
            assert tell(outside) == []
            assert len(outside.requests) > 0
        outside.before_mail = lambda _: None
        assert tell(outside) == []
        assert outside.recipients.count(ann.email) == 2

    def with_account(self, specialist: Caller, *, is_verified: bool) -> None:
        account = UserItem(
            user_id=specialist.user_id,
            email=specialist.email,
            password_hash="-",
            role=specialist.role,
            created_at=NOW,
            email_verified=is_verified,
        )
        create(account, condition=UserItem.user_id.does_not_exist())

    def test_a_specialists_verified_address_has_a_cap_of_its_own(self, outside: Outside, specialist: Caller) -> None:
        self.with_account(specialist, is_verified=True)
        for number in range(5):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        assert tell(outside) == []
        assert outside.recipients.count(specialist.email) == 3
        assert len(outside.mails) == 5 + 3

    @pytest.mark.parametrize("has_account", [True, False])
    def test_one_that_is_not_verified_gets_a_clients_share_whatever_for(
        self, outside: Outside, specialist: Caller, ann: Caller, *, has_account: bool
    ) -> None:
        if has_account:
            self.with_account(specialist, is_verified=False)
        self.booked(replace(ann, email=specialist.email), 1)
        for number in range(3):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        assert tell(outside) == []
        assert outside.recipients.count(specialist.email) == 2

    def test_that_it_is_verified_is_looked_up_once(self, outside: Outside, specialist: Caller) -> None:
        self.with_account(specialist, is_verified=True)
        a_booking(specialist, a_client())
        tell(outside)
        (profile,) = stored_in_calendar("profile")
        assert profile["email_verified"] is True

        a_booking(specialist, a_client(), 3 * HOUR)
        publish()
        with counted_calls() as calls:
            send_queued(outside)

        assert outside.recipients.count(specialist.email) == 2
        assert settings().users_table not in [parameters.get("TableName") for _, parameters in calls.sent]

    def test_a_profile_that_is_gone_is_not_made_again(self, specialist: Caller) -> None:
        profile = profiles.get_own_profile(specialist)
        delete_stored("calendar", {"specialist_id": profile.id, "sk": "profile"})
        profiles.note_verified(profile)
        assert stored_in_calendar("profile") == []

    def test_who_is_both_client_and_specialist_is_counted_as_each(
        self, outside: Outside, specialist: Caller, ann: Caller
    ) -> None:
        self.with_account(specialist, is_verified=True)
        self.booked(replace(ann, email=specialist.email), 3)
        for number in range(4):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        assert tell(outside) == []
        assert outside.recipients.count(specialist.email) == 2 + 3

    def test_addresses_have_caps_of_their_own_and_are_not_stored(self, outside: Outside, ann: Caller) -> None:
        ben = a_client()
        self.booked(ann, 3)
        self.booked(ben, 2)
        tell(outside)
        assert (outside.recipients.count(ann.email), outside.recipients.count(ben.email)) == (2, 2)
        assert "@" not in str(stored("ephemeral"))

    def test_the_count_is_kept_for_longer_than_its_day(self, outside: Outside, ann: Caller) -> None:
        self.booked(ann, 1)
        tell(outside, now=datetime(2030, 3, 1, 23, 59, tzinfo=UTC))
        counts = [item for item in stored("ephemeral") if item["pk"].startswith("mail#")]
        assert len(counts) == 2
        for item in counts:
            assert item["pk"].endswith("#2030-03-01")
            assert item["expires_at"] > datetime(2030, 3, 2, tzinfo=UTC).timestamp()

    def test_without_a_sender_nothing_is_counted(self, ann: Caller, outside: Outside) -> None:
        self.booked(ann, 1)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("MAIL_SENDER", "")
            settings.cache_clear()
            assert tell(outside) == []
        assert [item for item in stored("ephemeral") if item["pk"].startswith("mail#")] == []
        assert (outside.mails, outside.requests) == ([], [])


class TestFailures:
    def test_mail_that_fails_comes_again_and_keeps_no_other_mail_and_no_event_back(
        self, outside: Outside, specialist: Caller
    ) -> None:
        people = [a_client() for _ in range(3)]
        for number, person in enumerate(people):
            a_booking(specialist, person, starts_in=(number + 1) * HOUR)
        unlucky = people[1].email
        outside.before_mail = lambda to: error("Throttling") if to == unlucky else None

        assert tell(outside) == []

        assert len(outside.requests) == 1
        assert {person.email for person in people} - set(outside.recipients) == {unlucky}
        assert len(outside.events) == 3
        outside.before_mail = lambda _: None
        assert send_queued(outside) == 0
        assert sorted(outside.recipients) == sorted([*(person.email for person in people), *[specialist.email] * 3])

    def test_the_mail_queue_out_of_order_keeps_no_event_back_and_the_record_comes_again(
        self, outside: Outside, booking: Booking
    ) -> None:
        outside.before_request = lambda: error("ServiceUnavailable", status=503)
        assert tell(outside) == ["all"]
        assert (len(outside.events), outside.requests) == (1, [])
        outside.before_request = lambda: None
        assert tell(outside) == []
        assert (len(outside.events), len(outside.mails)) == (1, 2)

    def test_a_mail_that_the_queue_did_not_take_keeps_no_other_back_and_is_asked_for_again(
        self, outside: Outside, booking: Booking
    ) -> None:
        refusals = iter([error("ServiceUnavailable", status=503), None])
        outside.before_request = lambda: next(refusals, None)
        assert tell(outside) == ["all"]
        assert len(outside.mails) == 1
        assert tell(outside) == []
        assert len(set(outside.recipients)) == len(outside.mails) == 2

    def test_the_bus_out_of_order_does_not_keep_mail_back(self, outside: Outside, booking: Booking) -> None:
        outside.before_event = lambda: error("InternalException", status=500)
        assert tell(outside) == ["all"]
        assert len(outside.mails) == 2
        outside.before_event = lambda: None
        assert tell(outside) == []
        assert (len(outside.events), len(outside.mails)) == (1, 2)

    @pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure"])
    def test_an_event_that_the_bus_did_not_take_comes_again(
        self, outside: Outside, booking: Booking, code: str
    ) -> None:
        """The bus answers 200, and names the entry that failed in the body."""
        outside.before_event = lambda: a_failed_entry(code)
        assert tell(outside) == ["all"]
        assert read_totals()["notifications_sent"] == 2
        assert "events_published" not in read_totals()
        outside.before_event = lambda: None
        assert tell(outside) == []
        assert (len(outside.events), len(outside.mails), outside.letters) == (1, 2, [])

    @pytest.mark.parametrize(
        "refusal",
        [a_failed_entry("NotAuthorizedForSourceException"), error("AccessDeniedException")],
        ids=["entry", "request"],
    )
    def test_an_event_that_the_bus_refuses_is_given_up(
        self, outside: Outside, booking: Booking, refusal: Answer
    ) -> None:
        outside.before_event = lambda: refusal
        assert tell(outside) == []
        assert [letter["reason"].partition(":")[0] for letter in outside.letters] == ["Refused"]
        assert len(outside.mails) == 2
        outside.before_event = lambda: None
        assert tell(outside, [letter["content"] for letter in outside.letters]) == []
        assert (len(outside.events), len(outside.mails)) == (1, 2)

    @pytest.mark.parametrize(
        "code",
        [
            *("AccessDenied", "AccessDeniedException", "NotAuthorized", "MessageRejected", "InvalidParameterValue"),
            *(
                "AccountSendingPausedException",
                "ConfigurationSetDoesNotExist",
                "ConfigurationSetSendingPausedException",
            ),
            *("MailFromDomainNotVerifiedException", "ValidationError", "OptInRequired", "InvalidClientTokenId"),
        ],
    )
    def test_what_ses_refuses_blocks_no_lane_and_is_told_loudly(
        self,
        outside: Outside,
        specialist: Caller,
        ann: Caller,
        code: str,
        log_lines: Callable[[], list[dict[str, Any]]],
    ) -> None:
        """In a new account's sandbox, SES denies each recipient whose identity it has not verified."""
        a_booking(specialist, ann)
        a_booking(specialist, a_client(), starts_in=3 * HOUR)
        outside.before_mail = lambda to: error(code, f"on resource identity/{to}", 403) if to == ann.email else None

        assert tell(outside) == []

        assert len(outside.mails) == 3
        assert [letter["reason"] for letter in outside.letters] == [f"Refused: {code}"]
        loud = [line["message"] for line in log_lines() if line["level"] == "ERROR"]
        assert loud == ["mail refused", "a mail cannot be sent", "dead letter"]
        (refused,) = (line for line in log_lines() if line["message"] == "mail refused")
        assert (refused["error"], refused["mail"].rpartition("#")[2]) == (code, "client")
        assert ann.email not in str(log_lines())
        assert read_totals()["mail_refused"] == 1
        assert read_totals()["dead_letters"] == 1

        outside.before_mail = lambda _: None
        outside.requests = [letter["content"]["message"] for letter in outside.letters]
        assert send_queued(outside) == 0
        assert outside.recipients.count(ann.email) == 1
        assert len(outside.mails) == 4

    @pytest.mark.parametrize(
        ("code", "status"),
        [
            *[("Throttling", 400), ("ThrottlingException", 400), ("ServiceUnavailable", 503), ("Unknown", 500)],
            *[("ExpiredToken", 403), ("ExpiredTokenException", 403), ("RequestExpired", 400), ("RequestTimeout", 400)],
            *[("RequestTimeoutException", 408), ("RequestAbortedException", 400), ("TooManyRequestsException", 429)],
        ],
    )
    def test_what_passes_is_waited_for(
        self,
        outside: Outside,
        booking: Booking,
        code: str,
        status: int,
        log_lines: Callable[[], list[dict[str, Any]]],
    ) -> None:
        outside.before_mail = lambda _: error(code, status=status)
        assert tell(outside) == []
        assert len(outside.requests) == 2
        assert [line["error"] for line in log_lines() if line["message"] == "mail not sent"] == [code, code]
        outside.before_mail = lambda _: None
        assert send_queued(outside) == 0
        assert (len(outside.mails), outside.letters) == (2, [])

    def test_a_refused_address_does_not_keep_the_specialist_from_being_told(
        self, outside: Outside, booking: Booking, ann: Caller, specialist: Caller, log_stream: io.StringIO
    ) -> None:
        outside.before_mail = lambda to: error("MessageRejected", to) if to == ann.email else None
        assert tell(outside) == []
        assert outside.recipients == [specialist.email]
        (letter,) = outside.letters
        assert (letter["source"], letter["reason"]) == ("queue.send_mail", "Refused: MessageRejected")
        assert ann.email not in log_stream.getvalue()

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            ({"slot_end_at": {"S": "the day after"}}, "ValueError: Invalid isoformat string: 'the day after'"),
            ({"created_at": {"NULL": True}}, "AttributeError: 'NoneType' object has no attribute 'astimezone'"),
        ],
        ids=["unreadable", "missing"],
    )
    def test_a_record_that_nobody_understands_is_given_up(
        self, outside: Outside, booking: Booking, wrong: Mapping[str, Any], reason: str
    ) -> None:
        a_booking(a_specialist(), a_client())
        told = records()
        told[0]["dynamodb"]["NewImage"] |= wrong
        assert tell(outside, told) == []
        assert [letter["reason"] for letter in outside.letters] == [reason]
        assert len(outside.events) == 1

    def test_an_unreachable_store_makes_the_record_come_again(self, outside: Outside, booking: Booking) -> None:
        told = records()
        with (
            refusing("InternalServerError", only="BatchGetItem", status=500),
            pytest.raises(StoreUnavailable),
        ):
            publish(told, lambda: 60_000)
        assert (outside.events, outside.requests) == ([], [])
        assert tell(outside, told) == []
        assert (len(outside.events), len(outside.mails)) == (1, 2)

    def test_what_nobody_expected_gives_the_record_up_and_the_others_go_on(
        self, outside: Outside, booking: Booking, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_booking(a_specialist(), a_client())
        surprises = iter([ValueError("nobody expected this")])

        def spoilt(event: BookingEvent) -> None:
            for surprise in surprises:
                raise surprise
            take_over_for_account(event)

        monkeypatch.setattr(publish_events, "take_over_for_account", spoilt)
        assert tell(outside) == []
        assert [letter["reason"] for letter in outside.letters] == ["ValueError: nobody expected this"]
        assert len(outside.events) == 2

    def test_what_cannot_be_noted_is_published_and_its_record_does_not_come_again(
        self, outside: Outside, booking: Booking, log_stream: io.StringIO
    ) -> None:
        with refusing("InternalServerError", only="BatchWriteItem", status=500):
            assert tell(outside) == []
        assert (len(outside.events), len(outside.mails)) == (1, 2)
        assert "could not be noted" in log_stream.getvalue()

    def test_of_a_batch_only_what_the_bus_did_not_take_comes_again(self, outside: Outside, specialist: Caller) -> None:
        for number in range(3):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        outside.refused_entries = {1: "ThrottlingException"}
        told = records()
        assert tell(outside, told) == [told[1]["dynamodb"]["SequenceNumber"]]
        outside.refused_entries = {}
        assert tell(outside, told) == []
        ids = [json.loads(event["Detail"])["event_id"] for event in outside.events]
        assert ids == [f"{told[place]['eventID']}-BookingConfirmed" for place in (0, 2, 1)]
        assert len(outside.mails) == 6

    def test_where_no_report_is_taken_the_batch_fails_and_nothing_is_sent_twice(
        self, outside: Outside, specialist: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EVENT_FAILURES", "raise")
        settings.cache_clear()
        for number in range(3):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        outside.refused_entries = {1: "ThrottlingException"}
        with pytest.raises(TryLater, match="must come again"):
            tell(outside)
        outside.refused_entries = {}
        assert tell(outside) == []
        assert (len(outside.events), len(outside.mails)) == (3, 6)

    def test_a_batch_takes_few_calls_however_many_changes_there_are(self, outside: Outside, specialist: Caller) -> None:
        for number in range(25):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        told = records()
        with counted_calls() as calls:
            assert publish(told, lambda: 60_000) == []
        assert calls.counted - Counter(UpdateItem=1) == {"BatchGetItem": 1, "BatchWriteItem": 1}  # 1: the totals
        assert len(outside.events) == 25

    def test_records_for_which_no_time_is_left_come_again(self, outside: Outside, specialist: Caller) -> None:
        for number in range(3):
            a_booking(specialist, a_client(), starts_in=(number + 1) * HOUR)
        clock = iter([60_000, LEAST_TIME_LEFT_MS - 1, LEAST_TIME_LEFT_MS - 1])
        told = records()
        assert tell(outside, told, time_left=lambda: next(clock)) == [
            record["dynamodb"]["SequenceNumber"] for record in told[1:]
        ]

    def test_what_nobody_may_know_is_not_logged(
        self, outside: Outside, booking: Booking, ann: Caller, log_stream: io.StringIO
    ) -> None:
        cancel_booking(an_admin(), booking.id, NOW + SECOND)
        tell(outside)
        assert "@" not in log_stream.getvalue()
