"""What each route answers, over HTTP and through the handlers of functions."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

import booking_pages
from booking import __version__
from booking.accounts.register import Registration, register_user
from booking.administration.make_admin import make_admin
from booking.bookings.end import cancel_booking
from booking.bookings.reschedule import reschedule_booking
from booking.caller import Caller, Role
from booking.runtime.clock import current_instant
from booking.runtime.ids import new_id
from booking.runtime.settings import settings
from booking.specialists import profiles
from infra.app import create_app
from infra.openapi import document
from tests.credentials import PASSWORD
from tests.integration.api import SOURCE, Api, body_of, error_of, invoke
from tests.integration.people import HOUR, a_client, a_slot, a_specialist, a_waiter, an_admin, someone
from tests.integration.store_calls import counted_calls, unreachable
from tests.integration.sweeps import expire_everywhere
from tests.integration.tables import booking_item, stored, stored_in_calendar

pytestmark = pytest.mark.usefixtures("quick_hashes")

USER = {
    *("id", "email", "email_verified", "role", "is_active", "created_at"),
    *("display_name", "phone", "locale", "time_zone"),
}


@pytest.fixture
def now() -> datetime:
    """These routes look at the clock."""
    return current_instant().replace(microsecond=0)


def slot_of(specialist: Caller, now: datetime, hours: int = 24) -> str:
    return a_slot(specialist, hours * HOUR, now=now).id


def named(booking: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    """The booking as who may see it reads it, with its specialist's name."""
    return booking | {"specialist_name": name}


class TestFromRegistrationToASecondBooking:
    def test_the_whole_flow(self, api: Api, now: datetime) -> None:
        tokens = {}
        for role in ("specialist", "client"):
            account = {"email": f"{role}@example.com", "password": PASSWORD, "role": role, "display_name": "Ann"}
            registered = api.request("POST", "/auth/register", json=account)
            assert registered.status_code == 201
            assert registered.json().keys() == USER
            credentials = {"email": account["email"].upper(), "password": PASSWORD}
            session = api.request("POST", "/auth/login", json=credentials).json()
            assert session.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
            tokens[role] = {"Authorization": f"Bearer {session['access_token']}"}
            assert api.request("GET", "/users/me", headers=tokens[role]).json() == registered.json()

        service = api.request(
            "POST",
            "/specialists/me/services",
            headers=tokens["specialist"],
            json={"title": "Haircut", "duration_minutes": 30, "price": 25},
        )
        assert (service.status_code, service.json()["price"]) == (201, "25.00")
        times = {"start_at": (now + 24 * HOUR).isoformat(), "end_at": (now + 25 * HOUR).isoformat()}
        slot = api.request("POST", "/specialists/me/slots", headers=tokens["specialist"], json=times).json()
        assert slot["start_at"] == times["start_at"].replace("+00:00", "Z")
        specialist = slot["specialist_id"]
        assert api.request("GET", f"/specialists/{specialist}/slots").json() == [slot]
        assert api.request("GET", f"/specialists/{specialist}/services").json() == [service.json()]

        wanted = {"slot_id": slot["id"], "service_id": service.json()["id"]}
        booking = api.request("POST", "/bookings", headers=tokens["client"], json=wanted)
        assert booking.status_code == 201
        assert booking.json()["service_id"] == wanted["service_id"]
        about = {"name": "Ann", "email": "client@example.com", "phone": None}
        assert booking.json()["client"] == about | {"id": booking.json()["client_id"]}
        error_of(api.request("POST", "/bookings", headers=tokens["client"], json=wanted), 409, "slot_already_booked")
        path = f"/bookings/{booking.json()['id']}"
        assert api.request("GET", path, headers=tokens["specialist"]).json() == named(booking.json(), "Ann")
        [seen] = api.request("GET", "/bookings/specialists/me", headers=tokens["specialist"]).json()
        assert seen == booking.json() | {"client_email": "client@example.com"}

        cancelled = api.request("PATCH", f"{path}/cancel", headers=tokens["client"]).json()
        assert (cancelled["status"], cancelled["cancelled_at"] is None) == ("cancelled", False)
        again = api.request("POST", "/bookings", headers=tokens["client"], json=wanted)
        assert again.status_code == 201
        statuses = [found["status"] for found in api.request("GET", "/bookings/me", headers=tokens["client"]).json()]
        assert sorted(statuses) == ["cancelled", "confirmed"]

    def test_sessions(self, api: Api) -> None:
        register_user(Registration("ann@example.com", PASSWORD), source_address=SOURCE, now=current_instant())
        first = api.request("POST", "/auth/login", json={"email": "ann@example.com", "password": PASSWORD}).json()
        spent = {"refresh_token": first["refresh_token"]}

        second = api.request("POST", "/auth/refresh", json=spent)
        reused = api.request("POST", "/auth/refresh", json=spent)
        ended = api.request("POST", "/auth/refresh", json={"refresh_token": second.json()["refresh_token"]})
        signed_out = api.request("POST", "/auth/logout", json=spent)

        assert second.json().keys() == first.keys()
        for response in (reused, ended):
            error_of(response, 401, "invalid_refresh_token")
            assert response.headers["www-authenticate"] == "Bearer"
        assert (signed_out.status_code, signed_out.content) == (204, b"")


class TestAccounts:
    def test_nobody_registers_as_an_admin(self, api: Api) -> None:
        body = {"email": "a@example.com", "password": PASSWORD, "role": "admin"}

        error_of(api.request("POST", "/auth/register", json=body), 422, "validation_error")

        assert stored("users") == []

    def test_an_address_that_is_taken_is_a_409(self, api: Api) -> None:
        body = {"email": "a@example.com", "password": PASSWORD}
        api.request("POST", "/auth/register", json=body)

        taken = api.request("POST", "/auth/register", json=body | {"email": "A@Example.com"})

        assert error_of(taken, 409, "email_taken")["detail"] == "User with this email already exists"

    def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(self, api: Api) -> None:
        register_user(Registration("ann@example.com", PASSWORD), source_address=SOURCE, now=current_instant())

        answers = [
            api.request(
                "POST",
                "/auth/login",
                json={"email": email, "password": "wrong password"},
                headers={"X-Request-ID": "a"},
            )
            for email in ("ann@example.com", "bob@example.com")
        ]

        assert error_of(answers[0], 401, "invalid_login")["detail"] == "Invalid email or password"
        assert answers[0].content == answers[1].content
        assert answers[0].headers == answers[1].headers

    def test_attempts_are_counted_by_the_gateways_word_on_the_source_and_not_the_callers(self, api: Api) -> None:
        def attempt(number: int, source: str) -> Any:
            body = {"email": f"{number}@example.com", "password": "12345678", "role": "client"}
            headers = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
            return api.request("POST", "/auth/register", json=body, headers=headers, source=source)

        assert [attempt(number, SOURCE).status_code for number in range(10)] == [201] * 10
        refused = attempt(10, SOURCE)

        assert error_of(refused, 429, "rate_limited")["detail"] == "Too many requests. Please try again later."
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert attempt(11, "198.51.100.1").status_code == 201

    def test_admins_list_and_change_accounts(self, api: Api) -> None:
        user = register_user(Registration("ann@example.com", PASSWORD), source_address=SOURCE, now=current_instant())
        admin = make_admin("boss@example.com", PASSWORD, current_instant()).as_caller()

        changed = api.request("PATCH", f"/users/{user.id}", admin, json={"role": "specialist"})
        listed = api.request("GET", "/users", admin)

        assert changed.json()["role"] == "specialist"
        assert [found["email"] for found in listed.json()] == ["ann@example.com", "boss@example.com"]
        assert listed.json()[0] == changed.json()
        assert "argon2" not in listed.text
        error_of(
            api.request("PATCH", f"/users/{admin.user_id}", admin, json={"is_active": False}), 409, "own_admin_rights"
        )

    def test_admins_are_not_made_by_admins(self, api: Api) -> None:
        admin = make_admin("boss@example.com", PASSWORD, current_instant()).as_caller()
        before = stored("users")

        for user_id in (admin.user_id, new_id("usr")):
            refusal = api.request("PATCH", f"/users/{user_id}", admin, json={"role": "admin"})
            assert error_of(refusal, 422, "validation_error")["detail"][0]["loc"] == ["body", "role"]

        assert stored("users") == before

    def test_a_dismissed_admin_is_told_that_it_may_not(self, api: Api) -> None:
        admin, other = (make_admin(f"{name}@example.com", PASSWORD, current_instant()).as_caller() for name in "ab")
        api.request("PATCH", f"/users/{other.user_id}", admin, json={"is_active": False})

        for change in ({"is_active": True}, {}):
            refusal = api.request("PATCH", f"/users/{other.user_id}", other, json=change)
            assert error_of(refusal, 403, "not_enough_permissions")["detail"] == "Not enough permissions"

    @pytest.mark.parametrize("role", ["client", "specialist"])
    def test_a_name_is_kept_and_shown(self, api: Api, role: str) -> None:
        body = {"email": "ann@example.com", "password": PASSWORD, "role": role, "display_name": "Ann"}

        assert api.request("POST", "/auth/register", json=body).json()["display_name"] == "Ann"

    @pytest.mark.parametrize("email", ["анна@example.com", "ann@localhost", "ann@x.test", f"{'a' * 65}@example.com"])
    def test_an_address_that_cannot_be_mailed_to_is_a_422(self, api: Api, email: str) -> None:
        refusal = api.request("POST", "/auth/register", json={"email": email, "password": PASSWORD})

        assert error_of(refusal, 422, "validation_error")["detail"][0]["loc"] == ["body", "email"]
        assert stored("users") == []


class TestCalendar:
    def test_profiles(self, api: Api) -> None:
        specialist = a_specialist()
        changes = {"display_name": "Ann", "description": "Cuts", "time_zone": "Europe/Berlin", "locale": "ru"}

        changed = api.request("PATCH", "/specialists/me", specialist, json=changes)

        expected = {"id": specialist.specialist_id, "user_id": specialist.user_id, **changes}
        own = expected | {"booking_mail": "each"}
        assert changed.json() == own | {"conflicts": []}
        assert api.request("GET", "/specialists/me", specialist).json() == own
        assert api.request("GET", f"/specialists/{specialist.specialist_id}").json() == expected
        assert api.request("GET", "/specialists").json() == [expected]
        error_of(api.request("GET", "/specialists/me", a_client()), 404, "specialist_profile_not_found")

    def test_only_specialists_themselves_see_which_mail_they_want(self, api: Api) -> None:
        specialist = a_specialist()

        changed = api.request(
            "PATCH", "/specialists/me", specialist, json={"booking_mail": "daily", "display_name": "Ann"}
        )

        assert changed.json()["booking_mail"] == "daily"
        assert api.request("GET", "/specialists/me", specialist).json()["booking_mail"] == "daily"
        assert "booking_mail" not in api.request("GET", f"/specialists/{specialist.specialist_id}").json()
        assert "booking_mail" not in api.request("GET", "/specialists").json()[0]
        for wrong in (None, "weekly", True):
            refused = api.request("PATCH", "/specialists/me", specialist, json={"booking_mail": wrong})
            error_of(refused, 422, "validation_error")
        assert stored_in_calendar("profile")[0]["booking_mail"] == "daily"

    def test_what_is_left_out_stays_and_null_clears(self, api: Api) -> None:
        specialist = a_specialist()
        given = {"display_name": "Ann", "description": "Cuts", "time_zone": "Asia/Tokyo", "locale": "ru"}
        api.request("PATCH", "/specialists/me", specialist, json=given)

        changed = api.request("PATCH", "/specialists/me", specialist, json={"display_name": None}).json()

        assert {name: changed[name] for name in given} == given | {"display_name": None}
        [item] = stored_in_calendar("profile")
        assert "display_name" not in item
        assert (item["time_zone"], item["locale"]) == ("Asia/Tokyo", "ru")

    @pytest.mark.parametrize("price", [0, -1, "25.001", "123456789.00", "NaN", "Infinity", "1e9", True, None, "", "x"])
    def test_a_price_that_is_none_is_a_422(self, api: Api, price: object) -> None:
        body = {"title": "Cut", "duration_minutes": 30, "price": price}

        error_of(api.request("POST", "/specialists/me/services", a_specialist(), json=body), 422, "validation_error")

        assert stored_in_calendar("service") == []

    def test_a_broken_rule_of_time_says_which_and_where(self, api: Api, now: datetime) -> None:
        specialist = a_specialist()
        attempts = {
            "end_at must be after start_at": (now + HOUR, now + HOUR),
            "start_at must be in the future": (now - HOUR, now + HOUR),
            "A slot cannot be longer than 24 hours": (now + HOUR, now + 25 * HOUR + timedelta(seconds=1)),
            "A slot cannot start more than 400 days ahead": (
                now + timedelta(days=401),
                now + timedelta(days=401, hours=1),
            ),
        }
        for sentence, (start_at, end_at) in attempts.items():
            times = {"start_at": start_at.isoformat(), "end_at": end_at.isoformat()}
            response = api.request("POST", "/specialists/me/slots", specialist, json=times)
            [problem] = error_of(response, 422, "validation_error")["detail"]
            assert problem["msg"] == sentence
            assert problem["loc"][0] == "body"

    def test_slots_are_opened_refused_and_deleted(self, api: Api, now: datetime) -> None:
        specialist = a_specialist()
        times = {"start_at": (now + HOUR).isoformat(), "end_at": (now + 2 * HOUR).isoformat()}
        slot = api.request("POST", "/specialists/me/slots", specialist, json=times)

        error_of(api.request("POST", "/specialists/me/slots", specialist, json=times), 409, "slot_overlaps")
        deleted = api.request("DELETE", f"/specialists/me/slots/{slot.json()['id']}", specialist)

        assert (slot.status_code, deleted.status_code, deleted.content) == (201, 204, b"")
        gone = api.request("DELETE", f"/specialists/me/slots/{slot.json()['id']}", specialist)
        error_of(gone, 404, "slot_not_found")

    def test_availability(self, api: Api, now: datetime) -> None:
        specialist, today = a_specialist(), now.date()
        a_slot(specialist, 24 * HOUR, now=now)

        path = f"/specialists/{specialist.specialist_id}/availability"
        found = api.request("GET", f"{path}?date_from={today}&days=31").json()

        assert len(found) == 31
        assert found[1] == {"date": str(today + timedelta(1)), "total_slots": 1, "free_slots": 1, "booked_slots": 0}
        assert len(api.request("GET", path).json()) == 7
        for query in ("days=0", "days=32", "date_from=tomorrow", "date_from=1767225600", "tz=Mars/Base", "tz=../etc"):
            error_of(api.request("GET", f"{path}?{query}"), 422, "validation_error")


class TestOwnSlots:
    def test_a_specialist_sees_what_everybody_sees_of_it(self, api: Api, now: datetime) -> None:
        specialist, other = a_specialist(), a_specialist()
        opened = [slot_of(specialist, now, hours) for hours in (1, 24, 48)]
        slot_of(other, now)
        public = f"/specialists/{specialist.specialist_id}/slots"

        for query in ("", "?limit=2", f"?date={(now + 24 * HOUR).date()}", "?date=2030-01-01&tz=Asia/Tokyo"):
            own = api.request("GET", f"/specialists/me/slots{query}", specialist)
            assert own.json() == api.request("GET", f"{public}{query}").json()
        assert [slot["id"] for slot in api.request("GET", "/specialists/me/slots", specialist).json()] == opened

    def test_the_next_page_is_the_specialists_own(self, api: Api, now: datetime) -> None:
        specialist = a_specialist()
        opened = [slot_of(specialist, now, hours) for hours in (1, 2, 3)]

        link = api.request("GET", "/specialists/me/slots?limit=2", specialist).headers["link"]
        following = link.partition(">")[0].removeprefix("<")

        assert [slot["id"] for slot in api.request("GET", following, specialist).json()] == opened[2:]
        error_of(api.request("GET", following, a_specialist()), 422, "validation_error")

    def test_a_page_is_two_reads_of_the_calendar(self, api: Api, now: datetime) -> None:
        idle, specialist = a_specialist(), a_specialist()
        slot_of(specialist, now)

        for caller, operations in ((idle, ["BatchGetItem", "Query"]), (specialist, ["BatchGetItem", "Query"])):
            with counted_calls() as calls:
                assert api.request("GET", "/specialists/me/slots", caller).status_code == 200
            assert calls.operations == operations

    def test_an_admin_without_a_profile_has_none(self, api: Api) -> None:
        response = api.request("GET", "/specialists/me/slots", an_admin())

        assert error_of(response, 404, "specialist_profile_not_found")["detail"] == "Specialist profile not found"


class TestBookings:
    def test_a_booking_is_one_call_to_the_store(self, api: Api, now: datetime) -> None:
        slot_id, client = slot_of(a_specialist(), now), a_client()

        with counted_calls() as calls:
            response = api.request("POST", "/bookings", client, json={"slot_id": slot_id})

        assert (response.status_code, calls.operations) == (201, ["TransactWriteItems"])

    def test_a_repeat_with_an_idempotency_key_gets_the_same_body(self, api: Api, now: datetime) -> None:
        slot_id, client = slot_of(a_specialist(), now), a_client()
        headers = {"Idempotency-Key": "a key of mine ~"}

        first = api.request("POST", "/bookings", client, json={"slot_id": slot_id}, headers=headers)
        again = api.request("POST", "/bookings", client, json={"slot_id": slot_id}, headers=headers)

        assert (again.status_code, again.content) == (201, first.content)
        assert [item["booking_id"] for item in stored("bookings")] == [first.json()["id"]]

    def test_a_key_that_was_used_for_another_slot_is_a_409_that_leaves_the_slot_free(
        self, api: Api, now: datetime
    ) -> None:
        client, (slot_id, other) = a_client(), (slot_of(a_specialist(), now) for _ in range(2))
        headers = {"Idempotency-Key": "a key of mine ~"}
        first = api.request("POST", "/bookings", client, json={"slot_id": slot_id}, headers=headers)

        response = api.request("POST", "/bookings", client, json={"slot_id": other}, headers=headers)

        refusal = error_of(response, 409, "idempotency_key_reused")
        assert refusal["detail"] == "Idempotency key already used with another slot"
        assert [item["booking_id"] for item in stored("bookings")] == [first.json()["id"]]
        assert api.request("POST", "/bookings", client, json={"slot_id": other}).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 129, "é", "a\tb", "\x7f"])
    def test_an_idempotency_key_that_is_none_is_a_422(self, api: Api, now: datetime, key: str) -> None:
        body = {"slot_id": slot_of(a_specialist(), now)}
        headers = {"Idempotency-Key": key.encode("latin-1")}

        error_of(api.request("POST", "/bookings", a_client(), json=body, headers=headers), 422, "validation_error")

        assert stored("bookings") == []

    def test_a_booking_is_moved(self, api: Api, now: datetime) -> None:
        booking, specialist, client = self.booked(api, now)
        other = slot_of(specialist, now, 48)

        moved = api.request("PATCH", f"/bookings/{booking['id']}/reschedule", client, json={"slot_id": other})

        assert moved.status_code == 200
        of_the_slot = dict.fromkeys(("slot_id", "slot_start_at", "slot_end_at", "changeable_until"))
        assert moved.json() | of_the_slot == booking | of_the_slot
        assert moved.json()["slot_id"] == other

    def test_the_wait_list(self, api: Api, now: datetime) -> None:
        booking, specialist, client = self.booked(api, now)
        slot, waiter = {"slot_id": booking["slot_id"]}, a_client()

        entry = api.request("POST", "/bookings/wait-list", waiter, json=slot)

        assert entry.status_code == 201
        assert entry.json().keys() == {"id", "slot_id", "client_id", "service_id", "created_at"}
        assert entry.json()["service_id"] is None
        assert api.request("GET", "/bookings/wait-list/me", waiter).json() == [entry.json()]
        error_of(api.request("POST", "/bookings/wait-list", waiter, json=slot), 409, "already_waiting")
        error_of(api.request("POST", "/bookings/wait-list", client, json=slot), 409, "already_booked_by_client")
        path = f"/bookings/wait-list/{entry.json()['id']}"
        error_of(api.request("DELETE", path, client), 404, "wait_list_entry_not_found")
        assert api.request("DELETE", path, waiter).status_code == 204
        error_of(api.request("DELETE", path, waiter), 404, "wait_list_entry_not_found")
        free = {"slot_id": slot_of(specialist, now, 48)}
        error_of(api.request("POST", "/bookings/wait-list", waiter, json=free), 409, "slot_available")

    def test_a_cancellation_may_say_why(self, api: Api, now: datetime) -> None:
        booking, specialist, client = self.booked(api, now)
        path = f"/bookings/{booking['id']}/cancel"
        assert booking["cancel_reason"] is None

        bodies: list[Any] = [{"reason": "x" * 501}, {"reason": 1}, {"reasons": "ill"}, {"reason": "\x00"}, [], "why"]
        for body in bodies:
            error_of(api.request("PATCH", path, client, json=body), 422, "validation_error")
        assert booking_item(booking["id"])["status"] == "confirmed"
        cancelled = api.request("PATCH", path, client, json={"reason": f" {'x' * 500} "})

        assert (cancelled.status_code, cancelled.json()["cancel_reason"]) == (200, "x" * 500)
        for caller in (client, specialist, an_admin()):
            assert api.request("GET", f"/bookings/{booking['id']}", caller).json() == named(cancelled.json())
        assert api.request("PATCH", path, specialist, json={"reason": "Something else"}).json() == cancelled.json()
        (listed,) = api.request("GET", "/bookings/specialists/me", specialist).json()
        assert listed["cancel_reason"] == "x" * 500

    @pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": " "}])
    def test_a_cancellation_need_not_say_why(self, api: Api, now: datetime, body: dict[str, str | None] | None) -> None:
        booking, _, client = self.booked(api, now)

        cancelled = api.request("PATCH", f"/bookings/{booking['id']}/cancel", client, json=body)

        assert (cancelled.status_code, cancelled.json()["cancel_reason"]) == (200, None)
        assert "cancel_reason" not in booking_item(booking["id"])

    def test_the_wait_list_for_a_service(self, api: Api, now: datetime) -> None:
        booking, specialist, client = self.booked(api, now)
        waiter = a_waiter()
        services = [{"title": "Cut", "duration_minutes": minutes, "price": "25.00"} for minutes in (5, 480)]
        fitting, long = (
            api.request("POST", "/specialists/me/services", specialist, json=service).json()["id"]
            for service in services
        )
        wanted = {"slot_id": booking["slot_id"], "service_id": fitting}

        for service_id, status, reason in (
            (long, 409, "service_longer_than_slot"),
            ("svc_unknown", 404, "service_not_found"),
        ):
            answer = api.request("POST", "/bookings/wait-list", waiter, json={**wanted, "service_id": service_id})
            error_of(answer, status, reason)
        entry = api.request("POST", "/bookings/wait-list", waiter, json=wanted)
        api.request("PATCH", f"/bookings/{booking['id']}/cancel", client)

        assert (entry.status_code, entry.json()["service_id"]) == (201, fitting)
        (promoted,) = api.request("GET", "/bookings/me", waiter).json()
        assert (promoted["slot_id"], promoted["service_id"]) == (booking["slot_id"], fitting)

    def booked(self, api: Api, now: datetime) -> tuple[dict[str, Any], Caller, Caller]:
        """A booking, its specialist and its client."""
        specialist, client = a_specialist(), a_client()
        booking = api.request("POST", "/bookings", client, json={"slot_id": slot_of(specialist, now)})
        return booking.json(), specialist, client


class TestCalendarFiles:
    def event(self, api: Api, caller: Caller, booking_id: str) -> tuple[Any, Any]:
        response = api.request("GET", f"/bookings/{booking_id}/calendar.ics", caller)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/calendar")
        assert response.headers["content-disposition"] == f'attachment; filename="{booking_id}.ics"'
        calendar = Calendar.from_ical(response.text)
        [event] = calendar.walk("VEVENT")
        return calendar, event

    def test_reads_the_booking_and_the_profile_and_nothing_else(self, api: Api, now: datetime) -> None:
        client = a_client()
        booking = api.request("POST", "/bookings", client, json={"slot_id": slot_of(a_specialist(), now)}).json()

        with counted_calls() as calls:
            self.event(api, client, booking["id"])

        assert calls.operations == ["GetItem", "GetItem"]

    def test_a_booking_is_an_event_that_follows_it(self, api: Api, now: datetime) -> None:
        specialist, client = a_specialist(), a_client()
        profiles.update_own_profile(specialist, {"display_name": "Ann"}, now)
        slot_id, other = slot_of(specialist, now), slot_of(specialist, now, 48)
        booking_id = api.request("POST", "/bookings", client, json={"slot_id": slot_id}).json()["id"]

        calendar, confirmed = self.event(api, client, booking_id)
        reschedule_booking(client, booking_id, other, now)
        _, moved = self.event(api, specialist, booking_id)
        cancel_booking(client, booking_id, now)
        ended, cancelled = self.event(api, an_admin(), booking_id)

        assert (calendar["METHOD"], ended["METHOD"], calendar["VERSION"]) == ("REQUEST", "CANCEL", "2.0")
        assert confirmed["UID"] == moved["UID"] == cancelled["UID"]
        assert [event["SEQUENCE"] for event in (confirmed, moved, cancelled)] == [0, 1, 2]
        assert [str(event["STATUS"]) for event in (confirmed, moved, cancelled)] == ["CONFIRMED"] * 2 + ["CANCELLED"]
        assert confirmed["DTSTART"].dt == now + 24 * HOUR
        assert moved["DTSTART"].dt == now + 48 * HOUR
        assert confirmed["ORGANIZER"] == "mailto:noreply@booking-api.invalid"
        assert confirmed["ORGANIZER"].params["CN"] == "Ann"
        assert confirmed["ATTENDEE"] == f"mailto:{client.email}"
        assert confirmed["SUMMARY"] == "Appointment · Ann"

    def test_a_booking_whose_slot_has_started_stays_in_calendars(self, api: Api, now: datetime) -> None:
        """Most appointments that expire take place."""
        specialist, client = a_specialist(), a_client()
        slot = {"slot_id": slot_of(specialist, now)}
        booking_id = api.request("POST", "/bookings", client, json=slot).json()["id"]
        before, confirmed = self.event(api, client, booking_id)
        expire_everywhere(now + 24 * HOUR)
        assert booking_item(booking_id)["status"] == "expired"

        after, expired = self.event(api, client, booking_id)

        assert (before["METHOD"], after["METHOD"]) == ("REQUEST", "REQUEST")
        assert [str(event["STATUS"]) for event in (confirmed, expired)] == ["CONFIRMED", "CONFIRMED"]
        assert confirmed["SEQUENCE"] == expired["SEQUENCE"]

    def test_the_sender_of_mail_stands_in_for_the_specialists_address(
        self, api: Api, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MAIL_SENDER", "noreply@booking.example")
        settings.cache_clear()
        specialist, client = a_specialist(), a_client()
        slot = {"slot_id": slot_of(specialist, now)}
        booking_id = api.request("POST", "/bookings", client, json=slot).json()["id"]

        calendar, event = self.event(api, client, booking_id)

        assert event["ORGANIZER"] == "mailto:noreply@booking.example"
        assert "CN" not in event["ORGANIZER"].params
        assert specialist.email not in calendar.to_ical().decode()

    def test_a_title_makes_no_link_in_calendars(self, api: Api, now: datetime) -> None:
        specialist, client = a_specialist(), a_client()
        profiles.update_own_profile(specialist, {"display_name": "www.evil.com"}, now)
        service = {"title": "Locked: https://evil.com", "duration_minutes": 30, "price": "1.00"}
        offered = api.request("POST", "/specialists/me/services", specialist, json=service).json()
        wanted = {"slot_id": slot_of(specialist, now), "service_id": offered["id"]}
        booking_id = api.request("POST", "/bookings", client, json=wanted).json()["id"]

        _, event = self.event(api, client, booking_id)

        assert event["SUMMARY"] == "Locked: evil[.]com · www[.]evil[.]com"
        assert event["ORGANIZER"].params["CN"] == "www[.]evil[.]com"

    @pytest.mark.parametrize("name", ["A\r\nSTATUS:CANCELLED", 'Ann "the" Best; Ltd, :', "Ünïcödé 💇" * 12])
    def test_names_do_not_break_out_of_the_file(self, api: Api, now: datetime, name: str) -> None:
        specialist, client = a_specialist(), a_client()
        profiles.update_own_profile(specialist, {"display_name": name}, now)
        slot = {"slot_id": slot_of(specialist, now)}
        booking_id = api.request("POST", "/bookings", client, json=slot).json()["id"]

        _, event = self.event(api, client, booking_id)

        assert event["STATUS"] == "CONFIRMED"
        assert event["SUMMARY"] == f"Appointment · {name}".replace("\r\n", " ")


class TestOperations:
    @pytest.mark.parametrize(
        ("headers", "root"), [({}, "/v1"), ({"X-Forwarded-Prefix": "/"}, ""), ({"X-Forwarded-Prefix": "/api"}, "/api")]
    )
    def test_the_root_says_what_this_is_and_where_to_read_on(self, headers: dict[str, str], root: str) -> None:
        answer = invoke("ops.get_root", "GET", "/", headers=headers)

        assert answer["statusCode"] == 200
        assert body_of(answer) == {
            "name": "Booking API",
            "version": __version__,
            "docs": f"{root}/docs",
            "openapi": f"{root}/openapi.json",
        }

    def test_health(self, api: Api) -> None:
        with counted_calls() as calls:
            assert api.request("GET", "/health").json() == {"status": "ok", "version": __version__}

        assert calls.operations == []

    def test_a_deep_look_reads_every_table(self, api: Api) -> None:
        with counted_calls() as calls:
            assert api.request("GET", "/health?deep=1").status_code == 200
        with unreachable():
            error_of(api.request("GET", "/health?deep=1"), 503, "store_unavailable")

        assert len({parameters["TableName"] for parameters in calls.parameters("GetItem")}) >= 5

    def test_the_openapi_document_is_the_one_of_these_routes(self, api: Api) -> None:
        assert api.request("GET", "/openapi.json").json() == json.loads(json.dumps(document()))

    @pytest.mark.parametrize("page", ["/docs", "/redoc"])
    def test_pages_load_nothing_from_elsewhere(self, api: Api, page: str) -> None:
        response = api.request("GET", page)

        assert response.headers["content-type"].startswith("text/html")
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert "//" not in response.text.replace("// ", "")

    @pytest.mark.parametrize("asset", ["swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js"])
    def test_assets_come_from_here(self, api: Api, asset: str) -> None:
        response = api.request("GET", f"/docs/{asset}")

        assert response.status_code == 200
        assert len(response.content) > 10_000
        assert "max-age" in response.headers["cache-control"]

    @pytest.mark.parametrize("asset", ["nothing.js", "..%2f__init__.py", "favicon.png", "%00"])
    def test_other_files_do_not(self, api: Api, asset: str) -> None:
        error_of(api.request("GET", f"/docs/{asset}"), 404, "route_not_found")


class TestFunctions:
    """Handlers, called with the events of a REST API."""

    def test_a_function_answers_its_route(self, now: datetime) -> None:
        slot_id, client = slot_of(a_specialist(), now), a_client()

        answer = invoke(
            "bookings.create_booking", "POST", "/bookings", caller=client, body=json.dumps({"slot_id": slot_id})
        )

        assert answer["statusCode"] == 201
        assert answer["headers"]["x-request-id"] == "id-of-the-gateway"
        assert booking_item(body_of(answer)["id"])["client_id"] == client.user_id
        assert answer["isBase64Encoded"] is False

    def test_a_function_answers_nothing_else(self) -> None:
        answer = invoke("bookings.create_booking", "GET", "/users", caller=an_admin())

        assert (answer["statusCode"], body_of(answer)["error"]["reason"]) == (404, "route_not_found")

    def test_the_callers_request_id_goes_before_the_gateways(self) -> None:
        answer = invoke("ops.get_health", "GET", "/health", headers={"X-Request-ID": "mine"})

        assert answer["headers"]["x-request-id"] == "mine"

    def test_the_next_page_is_behind_the_stage(self, now: datetime) -> None:
        for number in range(2):
            profiles.update_own_profile(someone(Role.SPECIALIST), {"display_name": "Ann"}, now + number * HOUR)

        answer = invoke("specialists.list_profiles", "GET", "/specialists", query={"limit": "1"})

        assert answer["headers"]["link"].startswith("</v1/specialists?limit=1&cursor=")

    def test_the_next_page_is_where_a_proxy_says_it_is(self, now: datetime) -> None:
        for number in range(2):
            profiles.update_own_profile(someone(Role.SPECIALIST), {"display_name": "Ann"}, now + number * HOUR)

        answer = invoke(
            "specialists.list_profiles",
            "GET",
            "/specialists",
            query={"limit": "1"},
            headers={"X-Forwarded-Prefix": "/"},
        )

        assert answer["headers"]["link"].startswith("</specialists?limit=1&cursor=")

    def test_a_body_in_base64_is_read(self) -> None:
        body = base64.b64encode(b'{"refresh_token": "a.b"}').decode()

        assert invoke("auth.log_out", "POST", "/auth/logout", body=body, is_base64=True)["statusCode"] == 204

    def test_a_body_that_is_too_large_is_a_413(self) -> None:
        answer = invoke("auth.log_out", "POST", "/auth/logout", body=" " * 70_000)

        assert (answer["statusCode"], body_of(answer)["error"]["reason"]) == (413, "body_too_large")

    def test_assets_pass_the_gateway_as_text(self) -> None:
        answer = invoke("ops.get_docs_asset", "GET", "/docs/swagger-ui.css")

        assert answer["isBase64Encoded"] is False
        assert ".swagger-ui" in answer["body"]


class TestLogs:
    def lines(self, log_lines: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        return [line for line in log_lines() if line["message"] == "request"]

    def test_each_request_is_a_line(self, api: Api, log_lines: Callable[[], list[dict[str, Any]]]) -> None:
        client = a_client()
        api.request("GET", "/bookings/unknown", client, headers={"X-Request-ID": "mine"})
        api.request("GET", "/nothing")

        known, unknown = self.lines(log_lines)
        assert (known["method"], known["route"], known["status"]) == ("GET", "/bookings/{id}", 404)
        assert (known["request_id"], known["caller_id"]) == ("mine", client.user_id)
        assert known["duration_ms"] > 0
        assert known["cold_start"] in {True, False}
        assert (unknown["status"], unknown.get("caller_id"), unknown["route"]) == (404, None, "unknown")

    def test_only_the_first_request_is_cold(self, api: Api, log_lines: Callable[[], list[dict[str, Any]]]) -> None:
        fresh = Api(create_app(), api.runner)
        for _ in range(2):
            fresh.request("GET", "/health")

        assert [line["cold_start"] for line in self.lines(log_lines)] == [True, False]

    def test_nothing_that_is_secret_is_logged(self, api: Api, now: datetime, log_stream: Any, capsys: Any) -> None:
        email, password = "secret-address@example.com", "secret-password-of-ann"
        account = {"email": email, "password": password, "display_name": "secret-name"}
        api.request("POST", "/auth/register", json=account)
        session = api.request("POST", "/auth/login", json={"email": email, "password": password}).json()
        headers = {"Authorization": f"Bearer {session['access_token']}", "Idempotency-Key": "secret-key"}
        api.request("POST", "/bookings", headers=headers, json={"slot_id": slot_of(a_specialist(), now)})
        api.request("POST", "/auth/register", json=account | {"role": "secret-role"})
        with unreachable():
            api.request("GET", "/users/me", headers=headers)
        api.request("POST", "/auth/refresh", json={"refresh_token": session["refresh_token"]})

        logged = log_stream.getvalue() + capsys.readouterr().out
        assert len(log_stream.getvalue().splitlines()) >= 6
        for secret in ("secret-", session["access_token"], session["refresh_token"], "@example.com", "argon2"):
            assert secret not in logged


class TestPages:
    @pytest.mark.parametrize("path", ["/book", "/book/spc_1", "/manage", "/reset-password", "/verify-email", "/desk"])
    def test_a_page_may_load_and_call_nothing_but_the_api_and_be_framed_by_nobody(self, api: Api, path: str) -> None:
        response = api.request("GET", f"{path}?utm_source=a-poster")

        policy = response.headers["content-security-policy"]
        assert response.status_code == 200
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert policy.endswith("frame-ancestors 'none'")
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"

    @pytest.mark.parametrize(("path", "root"), [("/book", ""), ("/book/spc_1", "../")])
    def test_a_page_finds_its_files_from_where_it_is(self, api: Api, path: str, root: str) -> None:
        assert f'href="{root}pages/{booking_pages.version()}/pages.css"' in api.request("GET", path).text

    def test_sites_that_may_frame_the_pages_are_named(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FRAME_ANCESTORS", "https://shop.example.com")
        settings.cache_clear()

        policy = api.request("GET", "/book").headers["content-security-policy"]

        assert policy.endswith("frame-ancestors https://shop.example.com")

    @pytest.mark.parametrize(("sender", "mail"), [("", "none"), ("noreply@booking.example", "sent")])
    def test_pages_know_whether_mail_is_sent(
        self, api: Api, monkeypatch: pytest.MonkeyPatch, sender: str, mail: str
    ) -> None:
        monkeypatch.setenv("MAIL_SENDER", sender)
        settings.cache_clear()

        assert f'data-mail="{mail}"' in api.request("GET", "/book").text
        assert api.request("GET", "/widget.js").text.endswith('?mail=none";\n') is not bool(sender)

    def test_the_widgets_address_stays_and_leads_to_the_files_of_today(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MAIL_SENDER", "noreply@booking.example")
        settings.cache_clear()

        response = api.request("GET", "/widget.js")

        assert response.text == f'import "./pages/{booking_pages.version()}/widget.js";\n'
        assert response.headers["cache-control"] == "public, max-age=300"

    def test_there_is_no_other_file(self, api: Api) -> None:
        error_of(api.request("GET", f"/pages/{booking_pages.version()}/book.html"), 404, "route_not_found")
