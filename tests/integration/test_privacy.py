"""What people can ask for about their data: all that is stored about them, and that it goes."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from argon2 import PasswordHasher

from booking.accounts import passwords
from booking.accounts.addresses import AddressRejected
from booking.accounts.change_access import change_access
from booking.accounts.errors import (
    CurrentPasswordWrong,
    LastAdmin,
    RefreshTokenRejected,
    UserNotFound,
    WrongEmailOrPassword,
)
from booking.accounts.log_in import log_in
from booking.accounts.mailed_links import forgot_password
from booking.accounts.register import Registration, register_user
from booking.accounts.sessions import Session, refresh_session
from booking.accounts.update_own_user import update_own_user
from booking.administration.make_admin import make_admin
from booking.bookings import erase
from booking.bookings.change_hours import set_dates, set_schedule, update_own_profile
from booking.bookings.confirm import confirm_booking
from booking.bookings.create import Contact, Wish, create_booking, create_guest_booking
from booking.bookings.end import cancel_booking
from booking.bookings.errors import KeyUsedForOtherRequest
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.read import get_booking
from booking.bookings.rules import Booking
from booking.bookings.take_over import take_over_all
from booking.caller import Caller, Guest, Locale, Role
from booking.dynamodb.items import Item
from booking.dynamodb.queries import PageRequest
from booking.errors import Forbidden, StoreUnavailable, TooManyRequests, Unauthenticated
from booking.privacy.delete_own_user import delete_own_user
from booking.privacy.erase import UNDER_WAY, Erasure
from booking.privacy.erase_by_address import erase_by_address
from booking.privacy.errors import UpcomingBookings
from booking.privacy.export_own_user import export_own_user
from booking.runtime.clock import current_instant, epoch_seconds
from booking.slots.ids import SlotId
from booking.slots.opened import open_slot
from booking.slots.time_off import create_time_off
from booking.specialists import profiles
from booking.specialists.opening_hours import Interval, Schedule, Weekday
from booking.specialists.rules import BookingMail
from booking.specialists.services import create_service
from infra.openapi import document
from queues import work_off_shards
from tests.credentials import PASSWORD
from tests.instants import DAY, HOUR, MINUTE, NOW, SECOND
from tests.integration.api import Api, an_invocation, error_of
from tests.integration.outside import Died, Outside, text_of
from tests.integration.people import a_booking, a_client, a_slot, a_specialist, a_waiter, an_admin
from tests.integration.sending import send_queued, tell
from tests.integration.store_calls import just_before, refusing
from tests.integration.sweeps import expire_everywhere, lapse_everywhere, remind_everywhere
from tests.integration.tables import (
    booking_item,
    change_stored,
    everything_stored,
    refused,
    stored,
    stored_in_calendar,
    waiting,
)

MARK = "quetzalcoatl"
EMAIL = f"{MARK}@example.com"
PHONE = "+4930555019988"
SOURCE = "192.0.2.1"
QUICK = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)
EVERY_DAY = Schedule(hours={day: [Interval(9 * 60, 17 * 60)] for day in Weekday})
TOKENS_END = timedelta(minutes=15) + UNDER_WAY

pytestmark = pytest.mark.usefixtures("outside")


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", QUICK)


def register(role: Role = Role.CLIENT, email: str = EMAIL, name: str = MARK) -> Caller:
    user = register_user(Registration(email, PASSWORD, role, name), source_address=SOURCE, now=NOW)
    return update_own_user(user.as_caller(), {"phone": PHONE}).as_caller()


@pytest.fixture
def ann() -> Caller:
    return register()


@pytest.fixture
def specialist() -> Caller:
    return register(Role.SPECIALIST)


def sign_in(email: str = EMAIL, now: datetime = NOW) -> Session:
    return log_in(email, PASSWORD, source_address=SOURCE, now=now)


def erase_at(caller: Caller, now: datetime = NOW, password: str = PASSWORD) -> None:
    delete_own_user(caller, password, now)


def go_on(outside: Outside, now: datetime = NOW + TOKENS_END) -> list[dict[str, Any]]:
    """What the queue's function does with the messages about people, each once; those that must come again."""
    bodies = [body for body in outside.shards if "erase" in json.loads(body)]
    outside.shards.clear()
    outside.delays.clear()
    records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("booking.privacy.erase.current_instant", lambda: now)
        failures: list[dict[str, Any]] = work_off_shards.handler({"Records": records}, an_invocation())[
            "batchItemFailures"
        ]
    return failures


def disguises(text: str) -> set[str]:
    """How a text could stand somewhere without being seen."""
    raw = text.encode()
    hashes = {hashlib.new(kind, raw).hexdigest() for kind in ("md5", "sha1", "sha256", "sha512")}
    return {text, raw.hex(), base64.b64encode(raw).decode().rstrip("="), *hashes}


TRACES = {trace.lower() for text in (MARK, EMAIL, PHONE) for trace in disguises(text)}


def traces() -> list[str]:
    """Where something that tells of the person stands in any table, but for what has only hashes, for a day."""
    found = []
    for table, items in everything_stored().items():
        for item in items:
            text = json.dumps(item, default=str).lower()
            if any(trace in text for trace in TRACES):
                is_hashed = table == "ephemeral" and not {MARK, PHONE} & {t for t in (MARK, PHONE) if t in text}
                if not (is_hashed and item["expires_at"] <= epoch_seconds(NOW + DAY) + 1):
                    found.append(f"{table}: {text}")
    return found


def attributes_with(mark: str) -> set[str]:
    return {
        name
        for items in everything_stored().values()
        for item in items
        for name, value in item.items()
        if mark in str(value)
    }


def text_attributes(item: type[Item] = Item) -> Iterator[str]:
    """All texts that any table's items can have."""
    yield from (name for name, attribute in item.get_attributes().items() if attribute.attr_type == "S")
    for kind in item.__subclasses__():
        yield from text_attributes(kind)


TELLS_NOTHING = {
    *("pk", "sk", "user_id", "holder", "kind", "booking_id", "slot_id", "specialist_id", "client_id", "entry_id"),
    *("waiter_id", "wanted_slot_id", "time_off_id", "service_id", "starts", "timer", "frees", "listed"),
    *("profile_order", "attendance", "guest_id", "service_title"),
    *("valid_hash", "request", "answer", "state", "claim", "password_hash", "function"),
    *("role", "status", "locale", "client_locale", "time_zone", "booking_mail", "currency", "service_currency"),
    *("price", "service_price", "hours"),
    *("created_at", "erased_at", "begun_at", "start_at", "end_at", "slot_start_at", "slot_end_at", "changeable_until"),
    *("cancelled_at", "hold_expires_at", "confirmed_at", "moved_at", "joined_at", "since", "due_at", "news_since"),
}
"""Ids, instants, words of a list, numbers, hashes; and what a service was called, which its clients have booked.

Whatever else is stored as text has to be marked by what `a_life` does, and erased.
"""


def a_life(ann: Caller, outside: Outside) -> list[Booking]:
    """Everything that a client can leave behind; the bookings to come are the last two."""
    specialist = a_specialist()
    set_schedule(specialist, EVERY_DAY, NOW)
    update_own_profile(specialist, {"booking_mail": BookingMail.DAILY}, NOW)
    sign_in()
    forgot_password(EMAIL, source_address=SOURCE, now=NOW)
    book, note = partial(create_booking, ann, now=NOW), f"{MARK} rings twice"
    past = book(Wish(a_slot(specialist).id, note=note, key=f"a key of {MARK}"))
    held = book(Wish(a_slot(specialist, 2 * HOUR).id, note=note), hold_seconds=60)
    confirm_booking(ann, held.id, NOW, payment_ref=f"paid by {MARK}")
    cancelled = book(Wish(a_slot(specialist, 3 * HOUR).id, note=note))
    cancel_booking(ann, cancelled.id, NOW, reason=f"{MARK} is ill")
    contact, wish = Contact(MARK, EMAIL, PHONE, Locale.EN), Wish(a_slot(a_specialist()).id)
    as_guest = create_guest_booking(contact, wish, source_address=SOURCE, now=NOW)
    confirm_booking(an_admin(), as_guest.id, NOW)
    take_over_all(EMAIL, ann.user_id)
    expire_everywhere(NOW + 2 * HOUR)
    of_hours = SlotId.of_hours(specialist.specialist_id, NOW.replace(hour=9) + 3 * DAY, HOUR).text
    for slot_id in (a_booking(specialist, a_client(), 5 * DAY).slot_id, of_hours):
        if slot_id == of_hours:
            create_booking(a_client(), Wish(of_hours), NOW)
        join_wait_list(ann, slot_id, NOW)
    to_come = [book(Wish(a_slot(specialist, days * DAY).id, note=note, key=f"{days}")) for days in (1, 2)]
    hold = create_booking(ann, Wish(a_slot(specialist, 4 * DAY).id), NOW, hold_seconds=600)
    tell(outside)
    return [past, held, cancelled, as_guest, hold, *to_come]


class TestErasingAClient:
    def test_no_table_tells_of_the_person(self, ann: Caller, outside: Outside) -> None:
        a_life(ann, outside)
        marked = attributes_with(MARK) | attributes_with(PHONE)
        texts = set(text_attributes()) - TELLS_NOTHING
        assert texts - marked <= {"title", "description"}  # those are a specialist's

        erase_at(ann)

        assert traces() == []
        tell(outside)  # what the stream says of the cancellations
        assert traces() == []
        go_on(outside)
        assert (traces(), outside.shards) == ([], [])
        kept = {item["pk"].partition("#")[0] for item in stored("ephemeral") if ann.user_id in str(item)}
        assert kept == {"idempotency"}  # of which only the key names somebody

    def test_every_text_that_people_may_send_is_among_those_tested(self) -> None:
        """A new one has to be written by `a_life`, or said here to tell nothing."""
        schemas = document()["components"]["schemas"]
        sent = {
            operation["requestBody"]["content"]["application/json"]["schema"].get("$ref", "").rpartition("/")[2]
            or operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0]["$ref"].rpartition("/")[2]
            for operations in document()["paths"].values()
            for operation in operations.values()
            if "requestBody" in operation
        }
        texts = {
            name
            for schema in sent
            for name, field in schemas[schema]["properties"].items()
            if any("maxLength" in kind or kind.get("format") == "email" for kind in [field, *field.get("anyOf", ())])
        }
        written = {"email", "name", "display_name", "note", "reason", "payment_ref", "title", "description"}
        no_text = {
            "password",
            "current_password",
            "token",
            "refresh_token",
            "time_zone",
        }  # hashes, or of a list
        assert texts == written | no_text

    def test_bookings_to_come_are_cancelled_and_the_first_in_line_is_promoted(self, ann: Caller) -> None:
        booking = a_booking(a_specialist(), ann)
        waiter = a_waiter()
        join_wait_list(waiter, booking.slot_id, NOW)

        erase_at(ann)

        assert booking_item(booking.id)["status"] == "cancelled"
        (promoted,) = [item for item in stored("bookings") if item["booking_id"] != booking.id]
        assert (promoted["client_id"], promoted["status"]) == (waiter.user_id, "confirmed")

    def test_what_is_over_stays_without_the_person(self, ann: Caller) -> None:
        specialist = a_specialist()
        booking = create_booking(ann, Wish(a_slot(specialist).id, note="Second floor"), NOW)
        expire_everywhere(NOW + 2 * HOUR)

        erase_at(ann, NOW + 2 * HOUR)

        left = get_booking(specialist, booking.id, NOW + 2 * HOUR)
        assert (left.status, left.slot_start_at, left.note) == ("expired", booking.slot_start_at, None)
        assert (left.client.id, left.client.email, left.client.name, left.client.phone) == (ann.user_id, *3 * [None])

    def test_what_has_started_takes_place_without_the_person(self, ann: Caller, outside: Outside) -> None:
        booking = a_booking(a_specialist(), ann)

        erase_at(ann, NOW + HOUR + MINUTE)

        assert booking_item(booking.id)["status"] == "confirmed"
        assert traces() == []
        expire_everywhere(NOW + 2 * HOUR)
        assert booking_item(booking.id)["status"] == "expired"
        assert outside.letters == []

    def test_the_specialist_is_mailed_without_the_name_and_the_client_is_not(
        self, ann: Caller, outside: Outside
    ) -> None:
        specialist = a_specialist()
        a_booking(specialist, ann)
        tell(outside)
        outside.mails.clear()

        erase_at(ann)
        with pytest.MonkeyPatch.context() as patch:
            asked: list[str] = []
            patch.setattr("booking.notifications.mail_requests.put_on_mail_queue", asked.append)
            tell(outside)
        assert [MARK in text for text in asked if '"occasion": "cancelled"' in text] == [False, False]
        tell(outside)

        (mail,) = outside.mails
        assert mail["To"] == specialist.email
        assert "The booking of Appointment by a client has been cancelled." in text_of(mail)
        assert outside.events[-1]["DetailType"] == "BookingCancelled"

    def test_the_digest_tells_of_nobody_who_was_erased(self, ann: Caller, outside: Outside) -> None:
        specialist = a_specialist()
        update_own_profile(specialist, {"booking_mail": BookingMail.DAILY}, NOW)
        a_booking(specialist, ann, 2 * DAY)
        tell(outside)
        erase_at(ann)
        tell(outside)
        outside.mails.clear()

        remind_everywhere(NOW + DAY)
        send_queued(outside, NOW + DAY, queued_at=NOW + DAY)

        (mail,) = outside.mails
        assert "New: Appointment, a client, " in text_of(mail)
        assert MARK not in text_of(mail)

    def test_the_calendar_file_goes_without_an_attendee(self, ann: Caller, api: Api) -> None:
        specialist = a_specialist()
        booking = a_booking(specialist, ann)
        erase_at(ann)

        answer = api.request("GET", f"/bookings/{booking.id}/calendar.ics", specialist)

        assert (answer.status_code, "ATTENDEE" in answer.text) == (200, False)
        body = api.request("GET", f"/bookings/{booking.id}", specialist).json()
        assert body["client"] == {"id": ann.user_id, "name": None, "email": None, "phone": None}
        (listed,) = api.request("GET", "/bookings/specialists/me", specialist).json()
        assert listed["client_email"] is None

    def test_the_address_is_free_and_whoever_takes_it_sees_nothing(self, ann: Caller) -> None:
        a_booking(a_specialist(), ann)
        erase_at(ann)

        again = register()

        assert again.user_id != ann.user_id
        assert export_own_user(again, PageRequest(100), NOW).items[0].bookings == []

    def test_tokens_are_dead_where_an_account_is_read(self, ann: Caller) -> None:
        session = sign_in()

        erase_at(ann)

        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW)
        with pytest.raises(WrongEmailOrPassword):
            sign_in()
        for attempt in (partial(update_own_user, ann, {"phone": PHONE}), partial(erase_at, ann)):
            with pytest.raises(Unauthenticated):
                attempt()
        assert traces() == []

    def test_what_a_token_books_afterwards_goes_once_it_is_over(self, ann: Caller, outside: Outside) -> None:
        specialist = a_specialist()
        taken = a_booking(specialist, a_client(), 5 * HOUR)
        erase_at(ann)
        booking = create_booking(ann, Wish(a_slot(specialist, 3 * HOUR).id, note=MARK), NOW + MINUTE)
        hold = create_booking(ann, Wish(a_slot(specialist, 4 * HOUR).id), NOW + MINUTE, hold_seconds=1800)
        join_wait_list(ann, taken.slot_id, NOW + MINUTE)

        assert outside.delays == [900]  # the longest that SQS knows
        go_on(outside, NOW + 15 * MINUTE)
        assert outside.delays == [60]
        go_on(outside)

        assert outside.shards == []
        assert {booking_item(each.id)["status"] for each in (booking, hold)} == {"cancelled"}
        assert (waiting(taken.slot_id), traces()) == ([], [])

    def test_a_repeat_of_a_booking_answers_as_it_did(self, ann: Caller) -> None:
        """Its record holds neither the client nor the note."""
        slot = a_slot(a_specialist())
        book = partial(create_booking, ann, Wish(slot.id, note=MARK, key="k"), NOW)

        assert book() == book()

        (record,) = [item for item in stored("ephemeral") if item["pk"].startswith("idempotency#")]
        assert not any(trace in json.dumps(record, default=str).lower() for trace in TRACES)
        with pytest.raises(KeyUsedForOtherRequest):
            create_booking(ann, Wish(slot.id, note="another", key="k"), NOW)

    def test_a_record_of_an_earlier_release_is_still_known(self, ann: Caller) -> None:
        slot = a_slot(a_specialist())
        book = partial(create_booking, ann, Wish(slot.id, key="k"), NOW)
        booking = book()
        (record,) = [item for item in stored("ephemeral") if item["pk"].startswith("idempotency#")]
        change_stored("ephemeral", {"pk": record["pk"]}, request=f"{slot.id} ")

        assert book() == booking

    def test_places_in_lines_that_are_over_go_as_well(self, ann: Caller) -> None:
        specialist = a_specialist()
        set_schedule(specialist, EVERY_DAY, NOW)
        slot_id = SlotId.of_hours(specialist.specialist_id, NOW.replace(hour=9) + DAY, HOUR).text
        create_booking(a_client(), Wish(slot_id), NOW)
        join_wait_list(ann, slot_id, NOW)

        erase_at(ann, NOW + 2 * DAY)

        assert stored("waitlist") == []


def as_guest(slot_id: str, now: datetime = NOW, email: str = EMAIL) -> Booking:
    return create_guest_booking(Contact(MARK, email, PHONE, Locale.EN), Wish(slot_id), source_address=SOURCE, now=now)


class TestErasingWhoHasBookedAsAGuest:
    """What was never taken over: holds, what lapsed, and what was confirmed and whose event has not come yet."""

    @pytest.fixture
    def verified(self, ann: Caller) -> Caller:
        change_stored("users", {"user_id": ann.user_id}, email_verified=True)
        return ann

    def bookings(self) -> tuple[Booking, Booking, Booking]:
        """One that has lapsed, one that is held, one that is confirmed."""
        specialist = a_specialist()
        lapsed = as_guest(a_slot(specialist, 5 * HOUR).id)
        lapse_everywhere(NOW + HOUR)
        held, confirmed = (as_guest(a_slot(specialist, hours * HOUR).id, NOW + HOUR) for hours in (6, 7))
        confirm_booking(an_admin(), confirmed.id, NOW + HOUR)
        return lapsed, held, confirmed

    def test_no_table_tells_of_the_person(self, verified: Caller, outside: Outside) -> None:
        lapsed, held, confirmed = self.bookings()
        waiter = a_waiter()
        join_wait_list(waiter, confirmed.slot_id, NOW + HOUR)

        erase_at(verified, NOW + 2 * HOUR - MINUTE)

        assert traces() == []
        statuses = [booking_item(booking.id)["status"] for booking in (lapsed, held, confirmed)]
        assert statuses == ["expired", "cancelled", "cancelled"]
        assert waiter.user_id in {item["client_id"] for item in stored("bookings")}
        tell(outside)
        assert traces() == []

    def test_its_link_opens_nothing_any_more(self, verified: Caller) -> None:
        _, _, confirmed = self.bookings()
        erase_at(verified, NOW + HOUR)
        for attempt in (get_booking, cancel_booking, confirm_booking):
            with pytest.raises(Forbidden):
                attempt(Guest(confirmed.client.id, confirmed.id), confirmed.id, NOW + HOUR)

    def test_whose_address_is_not_shown_to_be_its_own_erases_nobody_elses(self, ann: Caller, outside: Outside) -> None:
        bookings = self.bookings()
        before = [booking_item(booking.id) for booking in bookings]

        erase_at(ann, NOW + HOUR)
        go_on(outside, NOW + HOUR + TOKENS_END)

        assert [booking_item(booking.id) for booking in bookings] == before

    def test_nor_what_others_have_booked(self, verified: Caller) -> None:
        other = as_guest(a_slot(a_specialist(), 5 * HOUR).id, email="other@example.com")
        before = booking_item(other.id)
        erase_at(verified)
        assert booking_item(other.id) == before

    def test_the_queue_goes_on_where_it_died_without_knowing_the_address(
        self, verified: Caller, outside: Outside
    ) -> None:
        self.bookings()
        with dying_before("DeleteItem"):
            erase_at(verified, NOW + HOUR)
        assert not any(trace in body.lower() for body in outside.shards for trace in TRACES)

        go_on(outside, NOW + HOUR + TOKENS_END)

        assert traces() == []

    def test_what_the_index_had_not_shown_goes_after_the_account(self, verified: Caller, outside: Outside) -> None:
        late = as_guest(a_slot(a_specialist(), 5 * HOUR).id)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("booking.privacy.erase.forget_guest", lambda *_: True)
            erase_at(verified)
        assert traces()

        go_on(outside)

        assert (booking_item(late.id)["status"], traces()) == ("cancelled", [])

    def test_who_books_with_the_address_afterwards_keeps_it(self, verified: Caller, outside: Outside) -> None:
        erase_at(verified)
        later = as_guest(a_slot(a_specialist(), 5 * HOUR).id, NOW + MINUTE)
        before = booking_item(later.id)

        go_on(outside)

        assert booking_item(later.id) == before

    def test_an_address_that_is_verified_meanwhile_counts(self, ann: Caller) -> None:
        self.bookings()
        verify = partial(change_stored, "users", {"user_id": ann.user_id}, email_verified=True)
        with just_before("TransactWriteItems", verify):
            erase_at(ann, NOW + HOUR)
        assert traces() == []

    def test_an_account_of_an_earlier_release_goes(self, ann: Caller) -> None:
        change_stored("users", {"user_id": ann.user_id}, email_verified=None)
        erase_at(ann)
        assert traces() == []

    def test_one_that_is_confirmed_meanwhile_is_not_the_accounts(self, verified: Caller, outside: Outside) -> None:
        """It is cancelled all the same: it was made before."""
        held = as_guest(a_slot(a_specialist(), 5 * HOUR).id)
        with just_before("TransactWriteItems", partial(confirm_booking, an_admin(), held.id, NOW), call=2):
            erase_at(verified)
        tell(outside)
        assert (booking_item(held.id)["status"], traces()) == ("cancelled", [])
        assert booking_item(held.id)["client_id"] == held.client.id


class TestErasingASpecialist:
    @pytest.fixture
    def offered(self, specialist: Caller) -> str:
        """All that a specialist can leave behind; the id of a slot."""
        update_own_profile(
            specialist,
            {"description": f"{MARK} cuts hair", "booking_mail": BookingMail.DAILY, "display_name": MARK},
            NOW,
        )
        create_service(
            specialist,
            title=f"Cut by {MARK}",
            description=f"{MARK}'s best",
            duration_minutes=30,
            price=Decimal("25.00"),
            now=NOW,
        )
        set_schedule(specialist, EVERY_DAY, NOW)
        set_dates(specialist, (NOW + DAY).date(), (NOW + 2 * DAY).date(), (), NOW)
        create_time_off(specialist, NOW + 3 * DAY, NOW + 3 * DAY + HOUR, NOW, note=f"{MARK} at the dentist's")
        return open_slot(specialist, NOW + 4 * DAY, NOW + 4 * DAY + HOUR, NOW).id

    def test_no_table_tells_of_the_person(self, specialist: Caller, offered: str, outside: Outside) -> None:
        booking = a_booking(specialist, a_client())
        expire_everywhere(NOW + 2 * HOUR)
        cancelled = a_booking(specialist, a_client(), 5 * HOUR)
        cancel_booking(specialist, cancelled.id, NOW, reason=f"{MARK} is ill")
        sign_in()
        tell(outside)
        assert {"title", "description", "display_name", "note", "email"} <= attributes_with(MARK)

        erase_at(specialist, NOW + 2 * HOUR)

        assert traces() == []
        (profile,) = stored("calendar")
        assert profile.keys() & {"email", "display_name", "description", "listed"} == set()
        assert booking_item(booking.id)["client_email"]  # it is the client's

    def test_its_routes_are_404_and_its_bookings_stay(self, specialist: Caller, offered: str, api: Api) -> None:
        client = a_client()
        booking = a_booking(specialist, client)
        expire_everywhere(NOW + 2 * HOUR)
        paths = ("", "/services", "/schedule", "/schedule/dates", "/slots", "/availability")
        path = f"/specialists/{specialist.specialist_id}"
        assert {api.request("GET", f"{path}{of}").status_code for of in paths} == {200}

        erase_at(specialist, NOW + 2 * HOUR)

        for of in paths:
            error_of(api.request("GET", f"{path}{of}"), 404, "specialist_not_found")
        for of in ("", "/schedule", "/schedule/dates", "/slots", "/services"):
            error_of(api.request("GET", f"/specialists/me{of}", specialist), 404, "specialist_profile_not_found")
        (listed,) = api.request("GET", "/bookings/me", client).json()
        assert (listed["id"], listed["specialist_name"]) == (booking.id, None)
        assert api.request("GET", "/specialists").json() == []
        error_of(api.request("POST", "/bookings", client, json={"slot_id": offered}), 404, "slot_not_found")

    def test_who_has_bookings_to_come_is_told_to_cancel_them(self, specialist: Caller) -> None:
        booking = a_booking(specialist, a_client())
        before = {table: items for table, items in everything_stored().items() if table != "ephemeral"}

        body = error_of(self._ask(specialist), 409, "upcoming_bookings")

        assert body["detail"] == "Upcoming bookings have to be cancelled first"
        assert {table: items for table, items in everything_stored().items() if table != "ephemeral"} == before
        cancel_booking(specialist, booking.id, current_instant())
        assert self._ask(specialist).status_code == 204

    @pytest.fixture(autouse=True)
    def _api(self, api: Api) -> None:
        self._ask: Callable[[Caller], Any] = lambda caller: api.request(
            "DELETE", "/users/me", caller, json={"password": PASSWORD}
        )

    def test_what_somebody_has_just_booked_is_cancelled_and_its_client_is_told(
        self, specialist: Caller, offered: str, outside: Outside
    ) -> None:
        client, waiter = a_client(), a_waiter()

        def book() -> None:
            create_booking(client, Wish(offered), NOW)
            join_wait_list(waiter, offered, NOW)

        with just_before("TransactWriteItems", book):
            erase_at(specialist)

        (booking,) = stored("bookings")
        assert (booking["status"], booking["client_email"]) == ("cancelled", client.email)
        assert [item["sk"] for item in stored("calendar")] == ["profile"]
        tell(outside)
        assert client.email in outside.recipients

    def test_a_slot_that_is_booked_while_it_goes_is_closed(
        self, specialist: Caller, offered: str, outside: Outside
    ) -> None:
        client = a_client()
        with just_before("TransactWriteItems", lambda: create_booking(client, Wish(offered), NOW), call=2):
            erase_at(specialist)
        go_on(outside)

        (booking,) = stored("bookings")
        assert booking["status"] == "cancelled"
        assert [item["sk"] for item in stored("calendar")] == ["profile"]

    def test_nothing_can_be_offered_with_a_token_that_still_lives(self, specialist: Caller, offered: str) -> None:
        erase_at(specialist)

        for attempt in (
            lambda: open_slot(specialist, NOW + DAY, NOW + DAY + HOUR, NOW),
            lambda: update_own_profile(specialist, {"display_name": MARK}, NOW),
            lambda: set_schedule(specialist, EVERY_DAY, NOW),
            lambda: create_time_off(specialist, NOW + DAY, NOW + DAY + HOUR, NOW, note=MARK),
        ):
            refused(Forbidden, attempt)

    def test_what_keeps_the_profile_closed_ends_by_itself_after_the_tokens(self, specialist: Caller) -> None:
        erase_at(specialist)

        (profile,) = stored_in_calendar("profile")
        assert profile["expires_at"] == epoch_seconds(NOW + TOKENS_END)
        assert profiles.find_profile(specialist.specialist_id) is None

    def test_who_waited_for_its_time_is_promoted_to_nothing(self, specialist: Caller, offered: str) -> None:
        """Also where nothing is left of the calendar."""
        slot_id = SlotId.of_hours(specialist.specialist_id, NOW.replace(hour=9) + 5 * DAY, HOUR).text
        client = a_client()
        erasing = partial(erase_at, specialist)

        def book() -> None:
            create_booking(client, Wish(slot_id), NOW)
            join_wait_list(a_waiter(), slot_id, NOW)

        with just_before("TransactWriteItems", book):
            erasing()

        (booking,) = stored("bookings")
        assert (booking["client_id"], booking["status"]) == (client.user_id, "cancelled")


class TestAsking:
    def test_a_wrong_password_changes_nothing(self, ann: Caller, api: Api) -> None:
        answer = api.request("DELETE", "/users/me", ann, json={"password": "battery staple"})
        assert error_of(answer, 403, "current_password_wrong")["detail"] == "Current password is wrong"
        with pytest.raises(CurrentPasswordWrong):
            erase_at(ann, password="")
        sign_in()

    def test_guessing_is_limited(self, ann: Caller) -> None:
        for seconds in range(5):
            with pytest.raises(CurrentPasswordWrong):
                erase_at(ann, NOW + seconds * SECOND, "guess")
        with pytest.raises(TooManyRequests):
            erase_at(ann, NOW + 5 * SECOND)
        erase_at(ann, NOW + 2 * MINUTE)

    def test_the_right_one_is_a_204(self, ann: Caller, api: Api) -> None:
        answer = api.request("DELETE", "/users/me", ann, json={"password": PASSWORD})
        assert (answer.status_code, answer.content) == (204, b"")

    def test_who_is_deactivated_or_gone_is_not_known(self, ann: Caller) -> None:
        change_stored("users", {"user_id": ann.user_id}, is_active=False)
        refused_but_counted(Unauthenticated, partial(erase_at, ann))
        refused_but_counted(Unauthenticated, partial(erase_at, a_client()))

    def test_a_password_that_is_changed_meanwhile_is_asked_for(self, ann: Caller) -> None:
        other = QUICK.hash("another one")
        change = partial(change_stored, "users", {"user_id": ann.user_id}, password_hash=other)
        with just_before("TransactWriteItems", change), pytest.raises(CurrentPasswordWrong):
            erase_at(ann)
        assert find(ann)["is_active"]

    def test_who_is_deactivated_meanwhile_stays(self, ann: Caller) -> None:
        deactivate = partial(change_stored, "users", {"user_id": ann.user_id}, is_active=False)
        with just_before("TransactWriteItems", deactivate), pytest.raises(Unauthenticated):
            erase_at(ann)
        assert "erased_at" not in find(ann)

    def test_nothing_is_marked_where_the_rest_cannot_be_asked_for(
        self, ann: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unavailable(*_: object) -> None:
            raise StoreUnavailable

        monkeypatch.setattr("booking.privacy.erase.put_on_sweep_queue", unavailable)
        refused_but_counted(StoreUnavailable, partial(erase_at, ann))


class TestAdmins:
    @pytest.fixture
    def boss(self) -> Caller:
        return make_admin(EMAIL, PASSWORD, NOW).as_caller()

    def test_the_last_one_stays(self, boss: Caller, outside: Outside) -> None:
        register(email="deactivated@example.com")
        refused_but_counted(LastAdmin, partial(erase_at, boss))
        go_on(outside)  # the message that came before the refusal
        assert find(boss)["is_active"]

    def test_one_of_two_goes(self, boss: Caller) -> None:
        make_admin("other@example.com", PASSWORD, NOW)
        erase_at(boss)
        assert traces() == []

    def test_of_two_who_go_at_once_one_stays(self, boss: Caller) -> None:
        other = make_admin("other@example.com", PASSWORD, NOW).as_caller()

        with just_before("TransactWriteItems", partial(erase_at, other)), pytest.raises(LastAdmin):
            erase_at(boss)

        assert find(boss)["is_active"]

    def test_nobody_gives_an_account_back_that_is_being_erased(self, ann: Caller) -> None:
        boss = make_admin("boss@example.com", PASSWORD, NOW).as_caller()
        with dying_before("DeleteItem"):
            erase_at(ann)
        assert "erased_at" in find(ann)

        with pytest.raises(UserNotFound):
            change_access(boss, ann.user_id, is_active=True, role=None, now=NOW)
        with pytest.raises(AddressRejected):
            make_admin(EMAIL, PASSWORD, NOW)

        assert not find(ann)["is_active"]

    def test_nor_while_an_admin_looks_at_it(self, ann: Caller) -> None:
        boss = make_admin("boss@example.com", PASSWORD, NOW).as_caller()
        change_stored("users", {"user_id": ann.user_id}, is_active=False)

        def mark() -> None:
            change_stored("users", {"user_id": ann.user_id}, erased_at="2030-03-01T08:00:00.000000Z")

        with just_before("TransactWriteItems", mark), pytest.raises(UserNotFound):
            change_access(boss, ann.user_id, is_active=True, role=None, now=NOW)

        assert not find(ann)["is_active"]


class TestByAddress:
    """The operator erases for who has asked by mail: nobody shows a password."""

    def test_an_account_goes_with_all_that_it_left_and_is_looked_at_again(self, ann: Caller, outside: Outside) -> None:
        a_life(ann, outside)

        assert erase_by_address(EMAIL.upper(), NOW)

        assert traces() == []
        assert go_on(outside) == []
        assert traces() == []

    def test_so_does_one_that_is_deactivated(self, ann: Caller) -> None:
        boss = make_admin("boss@example.com", PASSWORD, NOW).as_caller()
        change_access(boss, ann.user_id, is_active=False, role=None, now=NOW)
        assert erase_by_address(EMAIL, NOW)
        assert traces() == []

    def test_one_whose_erasure_was_cut_short_goes_on(self, ann: Caller) -> None:
        slot = a_slot(a_specialist(), 5 * HOUR)
        with dying_before("DeleteItem"):
            erase_at(ann)
        as_guest(slot.id, now=NOW + SECOND)
        assert erase_by_address(EMAIL, NOW + MINUTE)
        assert traces() == []

    @pytest.mark.parametrize("has_account", [True, False])
    def test_what_guests_booked_goes_though_nobody_verified_the_address(self, *, has_account: bool) -> None:
        if has_account:
            register()
        booking = as_guest(a_slot(a_specialist(), 5 * HOUR).id)

        assert erase_by_address(EMAIL, NOW) is has_account

        assert traces() == []
        assert booking_item(booking.id)["status"] == "cancelled"

    def test_much_is_done_in_several_runs(self, ann: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(erase, "MOST_CANCELLED", 1)
        specialist = a_specialist()
        for hours in (1, 2, 3):
            a_booking(specialist, ann, hours * HOUR)
        assert erase_by_address(EMAIL, NOW)
        assert traces() == []
        assert {item["status"] for item in stored("bookings")} == {"cancelled"}

    def test_a_specialist_tells_its_clients_first(self, specialist: Caller) -> None:
        a_booking(specialist, a_client())
        refused_but_counted(UpcomingBookings, partial(erase_by_address, EMAIL, NOW))

    def test_the_last_admin_stays(self) -> None:
        make_admin(EMAIL, PASSWORD, NOW)
        refused_but_counted(LastAdmin, partial(erase_by_address, EMAIL, NOW))

    def test_an_address_that_is_none_is_rejected(self) -> None:
        with pytest.raises(AddressRejected):
            erase_by_address("no address", NOW)


class TestDying:
    """The function ends between two calls: whoever asks again goes on, or the queue does."""

    @pytest.mark.parametrize("operation", ["TransactWriteItems", "DeleteItem"])
    @pytest.mark.parametrize("by_itself", [True, False], ids=["the queue goes on", "the person asks again"])
    def test_wherever_it_dies(self, ann: Caller, outside: Outside, operation: str, *, by_itself: bool) -> None:
        """Each run dies one write later than the one before it."""
        a_life(ann, outside)
        session = sign_in()
        died = 0
        for call in range(1, 40):
            try:
                with dying_before(operation, call=call, must=False):
                    erase_at(ann, NOW + call * MINUTE)
            except Unauthenticated:
                break
            if not any(item.get("user_id") == ann.user_id and "email" in item for item in stored("users")):
                break
            died += 1
            if call > 1:
                with pytest.raises(RefreshTokenRejected):
                    refresh_session(session.refresh_token, NOW)
            if by_itself and "erased_at" in find(ann):
                go_on(outside, NOW + call * MINUTE)
                break

        assert died
        assert traces() == []
        assert {item["status"] for item in stored("bookings") if item["client_id"] == ann.user_id} == {
            "cancelled",
            "expired",
        }

    def test_much_is_done_in_several_runs(self, ann: Caller, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(erase, "MOST_CANCELLED", 2)
        monkeypatch.setattr(erase, "MOST_FORGOTTEN", 4)
        specialist = a_specialist()
        for number in range(5):
            a_booking(specialist, ann, (1 + number) * HOUR)

        refused_but_counted(StoreUnavailable, partial(erase_at, ann), changes=True)
        assert "erased_at" in find(ann)
        for _ in range(5):
            go_on(outside, NOW + 15 * MINUTE)

        assert traces() == []
        assert {item["status"] for item in stored("bookings")} == {"cancelled"}

    def test_a_store_that_is_away_lets_the_message_come_again(self, ann: Caller, outside: Outside) -> None:
        with dying_before("DeleteItem"):
            erase_at(ann)
        messages = [*outside.shards]
        with refusing("ThrottlingException"):
            assert go_on(outside) == [{"itemIdentifier": "0"}]
        outside.shards[:] = messages
        assert go_on(outside) == []
        assert traces() == []

    def test_a_message_says_what_it_says(self) -> None:
        erasure = Erasure("usr_x", "gst_x", NOW, NOW + HOUR)
        assert Erasure.parse(erasure.text) == erasure


class TestExport:
    def test_it_has_all_that_is_stored(self, ann: Caller, outside: Outside, api: Api) -> None:
        bookings = a_life(ann, outside)

        body = api.request("GET", "/users/me/export", ann).json()

        user = body["account"]["user"]
        assert (user["email"], user["display_name"], user["phone"]) == (EMAIL, MARK, PHONE)
        assert "hash" not in json.dumps(body)
        assert {each["id"] for each in body["bookings"]} == {booking.id for booking in bookings}
        assert body["bookings"][0]["client"]["email"] == EMAIL
        assert len(body["account"]["wait_list"]) == 2
        assert body["account"]["calendar"] == {
            "profile": None,
            "schedule": None,
            "services": [],
            "dates": [],
            "time_off": [],
            "slots": [],
        }
        assert body["specialist_bookings"] == []

    def test_it_names_the_sessions_that_are_open(self, ann: Caller) -> None:
        sign_in()
        sign_in(now=NOW + SECOND)
        sign_in(now=NOW - 31 * DAY)
        account = export_own_user(ann, PageRequest(100), NOW).items[0].account

        assert account
        assert sorted(session.begun_at or NOW for session in account.sessions) == [NOW, NOW + SECOND]
        assert {session.expires_at for session in account.sessions} == {NOW + 30 * DAY, NOW + 30 * DAY + SECOND}

    def test_a_specialist_gets_its_calendar_and_its_clients_bookings(self, specialist: Caller, api: Api) -> None:
        client = a_client()
        booking = a_booking(specialist, client)
        create_time_off(specialist, NOW + 3 * DAY, NOW + 3 * DAY + HOUR, NOW, note="At the dentist's")
        set_schedule(specialist, EVERY_DAY, NOW)
        set_dates(specialist, (NOW + DAY).date(), (NOW + DAY).date(), (), NOW)
        create_service(specialist, title="Cut", description=None, duration_minutes=30, price=Decimal("25.00"), now=NOW)

        body = api.request("GET", "/users/me/export", specialist).json()

        calendar = body["account"]["calendar"]
        assert calendar["profile"]["display_name"] == MARK
        assert [off["note"] for off in calendar["time_off"]] == ["At the dentist's"]
        assert [service["title"] for service in calendar["services"]] == ["Cut"]
        assert [slot["id"] for slot in calendar["slots"]] == [booking.slot_id]
        assert calendar["schedule"]["hours"].keys() == set(Weekday)
        assert [day["hours"] for day in calendar["dates"]] == [[]]
        assert [(each["id"], each["client_email"]) for each in body["specialist_bookings"]] == [
            (booking.id, client.email)
        ]

    def test_parts_follow_one_another(self, specialist: Caller, api: Api) -> None:
        other = a_specialist()
        as_client = replace(specialist, role=Role.CLIENT)
        own = [a_booking(other, as_client, hours * HOUR).id for hours in range(1, 4)]
        theirs = [a_booking(specialist, a_client(), hours * HOUR).id for hours in range(1, 4)]
        parts, path = [], "/users/me/export?limit=2"
        while path:
            answer = api.request("GET", path, specialist)
            parts.append(answer.json())
            path = answer.links.get("next", {}).get("url", "")

        assert [part["account"] is not None for part in parts] == [True, False, False]
        assert [each["id"] for part in parts for each in part["bookings"]] == own
        assert [each["id"] for part in parts for each in part["specialist_bookings"]] == theirs
        assert [len(part["bookings"]) + len(part["specialist_bookings"]) for part in parts] == [2, 2, 2]

    def test_what_was_taken_follows_where_what_was_made_fills_a_part(self, specialist: Caller, api: Api) -> None:
        made = a_booking(a_specialist(), replace(specialist, role=Role.CLIENT))
        only_part = api.request("GET", "/users/me/export?limit=1", specialist)
        assert ([each["id"] for each in only_part.json()["bookings"]], only_part.links) == ([made.id], {})
        taken = a_booking(specialist, a_client())

        first = api.request("GET", "/users/me/export?limit=1", specialist)
        last = api.request("GET", first.links["next"]["url"], specialist)

        assert ([each["id"] for each in first.json()["bookings"]], first.json()["specialist_bookings"]) == (
            [made.id],
            [],
        )
        assert ([each["id"] for each in last.json()["specialist_bookings"]], last.json()["bookings"]) == (
            [taken.id],
            [],
        )
        assert last.links == {}

    def test_nothing_of_it_can_be_skipped(self, ann: Caller, api: Api) -> None:
        refused = api.request("GET", "/users/me/export?offset=1", ann)
        [problem] = error_of(refused, 422, "validation_error")["detail"]
        assert problem["loc"] == ["query", "offset"]

    def test_nobody_else_gets_it(self, ann: Caller, api: Api) -> None:
        error_of(api.request("GET", "/users/me/export"), 401, "invalid_credentials")
        for hours in (1, 2):
            a_booking(a_specialist(), ann, hours * HOUR)
        next_part = api.request("GET", "/users/me/export?limit=1", ann).links["next"]["url"]
        other = register(email="other@example.com")
        assert api.request("GET", next_part, other).status_code == 422
        erase_at(ann)
        error_of(api.request("GET", "/users/me/export", ann), 401, "invalid_credentials")


def find(caller: Caller) -> dict[str, Any]:
    return next(item for item in stored("users") if item["user_id"] == caller.user_id)


def refused_but_counted(error: type[Exception], attempt: Callable[[], object], *, changes: bool = False) -> None:
    """Nothing has changed but that the attempt counts."""
    before = {**everything_stored(), "ephemeral": []}
    with pytest.raises(error):
        attempt()
    if not changes:
        assert {**everything_stored(), "ephemeral": []} == before


class dying_before:  # noqa: N801  # reads like the function that it stands beside
    """The process ends before a call of the operation, if there are so many."""

    def __init__(self, operation: str, *, call: int = 1, must: bool = True) -> None:
        self._must = must
        self._hook = just_before(operation, self._die, call=call)
        self._died = False

    def _die(self) -> None:
        self._died = True
        raise Died

    def __enter__(self) -> None:
        self._hook.__enter__()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        try:
            self._hook.__exit__(None, None, None)
        except AssertionError:
            assert not self._must
        return kind is Died
