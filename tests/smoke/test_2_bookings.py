from datetime import timedelta

import httpx

from tests.smoke.run import SLOT_LENGTH, WEEK, Run, error_of, eventually, rfc3339, times

SLOTS = 5


class TestSpecialist:
    """Specialist set-up"""

    def test_specialist(self, run: Run) -> None:
        """A specialist registers and has a profile at once."""
        profile = run.ask(200, "GET /specialists/me", run.register("specialist", "specialist")).json()
        run.made["specialist"] = profile["id"]
        shown = run.ask(200, f"GET /specialists/{profile['id']}").json()
        assert shown.items() < profile.items(), "others see another profile"

    def test_service(self, run: Run) -> None:
        """A service is offered and listed."""
        service = {"title": "Smoke check", "duration_minutes": 30, "price": "25.00"}
        made = run.ask(201, "POST /specialists/me/services", run.person("specialist"), service).json()
        run.made["service"] = made["id"]
        assert made["price"] == "25.00"
        offered = run.ask(200, f"GET /specialists/{run.thing('specialist')}/services").json()
        assert [service["id"] for service in offered] == [made["id"]], "the list of services does not show it"

    def test_slots(self, run: Run) -> None:
        """Slots are opened."""
        specialist = run.person("specialist")
        for number in range(SLOTS):
            slot = run.ask(201, "POST /specialists/me/slots", specialist, times(run.starts(number))).json()
            run.slots.append(slot["id"])
            assert slot["is_booked"] is False, "a new slot is booked"

    def test_overlap(self, run: Run) -> None:
        """An overlapping slot is a 409."""
        run.slot(0)
        body = times(run.starts(0) + SLOT_LENGTH / 2)
        run.refused(409, "slot_overlaps", "POST /specialists/me/slots", run.person("specialist"), body)

    def test_calendar(self, run: Run) -> None:
        """Slots and availability of the day are right."""
        specialist, day = run.thing("specialist"), run.starts(0).date().isoformat()
        slots = run.ask(200, f"GET /specialists/{specialist}/slots?date={day}").json()
        assert [slot["id"] for slot in slots] == run.slots, "the day's slots are others"
        (found,) = run.ask(200, f"GET /specialists/{specialist}/availability?date_from={day}&days=1").json()
        assert found == {"date": day, "total_slots": SLOTS, "free_slots": SLOTS, "booked_slots": 0}


class TestBooking:
    """Booking flow"""

    def test_book(self, run: Run) -> None:
        """A client books a slot; the same Idempotency-Key books no second."""
        wanted = {"slot_id": run.slot(0), "service_id": run.thing("service")}
        client, key = run.person("client"), {"Idempotency-Key": f"smoke-{run.name}"}
        booking = run.ask(201, "POST /bookings", client, wanted, key).json()
        run.made["booking"] = booking["id"]
        run.bookings.append(("client", booking["id"]))
        assert booking["status"] == "confirmed"
        assert run.ask(201, "POST /bookings", client, wanted, key).json() == booking, "a repeated request booked again"

    def test_find(self, run: Run) -> None:
        """Client and specialist find the booking."""
        booking_id, client, specialist = run.thing("booking"), run.person("client"), run.person("specialist")
        booking = run.ask(200, f"GET /bookings/{booking_id}", client).json()
        assert (booking["id"], booking["slot_id"]) == (booking_id, run.slot(0)), "it is another booking"
        mine = eventually(lambda: run.ask(200, "GET /bookings/me", client).json())
        assert [found["id"] for found in mine] == [booking_id], "the client's list does not show it"
        theirs = eventually(lambda: run.ask(200, "GET /bookings/specialists/me", specialist).json())
        assert [found["client_email"] for found in theirs] == [client.email], "the specialist's list does not show it"

    def test_book_twice(self, run: Run) -> None:
        """A second client gets 409 for the same slot."""
        run.thing("booking")
        body = {"slot_id": run.slot(0)}
        run.refused(409, "slot_already_booked", "POST /bookings", run.person("second-client"), body)

    def test_calendar_file(self, run: Run) -> None:
        """The booking's calendar.ics is a calendar."""
        answer = run.ask(200, f"GET /bookings/{run.thing('booking')}/calendar.ics", run.person("client"))
        assert "text/calendar" in answer.headers["Content-Type"]
        assert answer.text.startswith("BEGIN:VCALENDAR"), "it is no calendar"

    def test_wait(self, run: Run) -> None:
        """The second client joins the wait-list."""
        run.thing("booking")
        second = run.person("second-client")
        entry = run.ask(201, "POST /bookings/wait-list", second, {"slot_id": run.slot(0)}).json()
        run.made["entry"] = entry["id"]
        entries = eventually(lambda: run.ask(200, "GET /bookings/wait-list/me", second).json())
        assert [found["id"] for found in entries] == [entry["id"]], "the client's wait-list does not show it"

    def test_move(self, run: Run) -> None:
        """The booking moves; the first in line gets the freed slot."""
        run.thing("entry")
        booking_id, second = run.thing("booking"), run.person("second-client")
        move = f"PATCH /bookings/{booking_id}/reschedule"
        moved = run.ask(200, move, run.person("client"), {"slot_id": run.slot(1)}).json()
        assert (moved["id"], moved["slot_id"]) == (booking_id, run.slot(1)), "the booking is not in its new slot"
        promoted = eventually(lambda: run.ask(200, "GET /bookings/me?status=confirmed", second).json())
        assert [found["slot_id"] for found in promoted] == [run.slot(0)], "the first in line did not get the freed slot"
        run.bookings.append(("second-client", promoted[0]["id"]))

    def test_cancel(self, run: Run) -> None:
        """The booking is cancelled, twice alike, and its slot is free."""
        cancel, client = f"PATCH /bookings/{run.thing('booking')}/cancel", run.person("client")
        cancelled = run.ask(200, cancel, client).json()
        assert cancelled["status"] == "cancelled"
        assert cancelled["cancelled_at"]
        assert run.ask(200, cancel, client).json() == cancelled, "cancelling it again is another answer"
        day = run.starts(0).date().isoformat()
        slots = run.ask(200, f"GET /specialists/{run.thing('specialist')}/slots?date={day}").json()
        free = {slot["id"] for slot in slots if not slot["is_booked"]}
        assert run.slot(1) in free, "its slot is not free again"

    def test_attendance(self, run: Run) -> None:
        """Nobody says before the slot starts whether the client has come."""
        _, booking_id = run.bookings[-1]
        route = f"PATCH /bookings/{booking_id}/attendance"
        run.refused(409, "slot_not_started", route, run.person("specialist"), {"attendance": "attended"})

    def test_hold(self, run: Run) -> None:
        """A client holds the slot and confirms it, twice alike."""
        client, wanted = run.person("client"), {"slot_id": run.slot(1), "hold_seconds": 60}
        held = run.ask(201, "POST /bookings", client, wanted).json()
        run.bookings.append(("client", held["id"]))
        assert held["status"] == "held", "the booking is not held"
        assert held["hold_expires_at"], "it does not say until when"
        confirm = f"POST /bookings/{held['id']}/confirm"
        confirmed = run.ask(200, confirm, client, {"payment_ref": "smoke"}).json()
        assert (confirmed["status"], confirmed["payment_ref"]) == ("confirmed", "smoke"), "it is not confirmed"
        assert run.ask(200, confirm, client).json() == confirmed, "confirming it again is another answer"

    def test_on_behalf(self, run: Run) -> None:
        """A specialist books for who calls; nobody else does."""
        body = {"slot_id": run.slot(2), "client": {"name": "Gus", "phone": "+493012345678"}}
        run.refused(403, "not_enough_permissions", "POST /bookings", run.person("client"), body)
        booking = run.ask(201, "POST /bookings", run.person("specialist"), body).json()
        run.bookings.append(("specialist", booking["id"]))
        assert (booking["status"], booking["client"]["name"]) == ("confirmed", "Gus")
        assert booking["client_id"].startswith("gst_"), "a guest has an account's id"

    def test_guest(self, run: Run) -> None:
        """A guest books with an address and no account, or guests cannot book."""
        body = {"slot_id": run.slot(3), "name": "Gus", "email": run.email("guest")}
        answer = run.api.post("/bookings/guest", json=body)
        if answer.status_code == httpx.codes.FORBIDDEN:
            assert error_of(answer)["detail"] == "Guests cannot book here"
            return
        assert answer.status_code == httpx.codes.CREATED, f"POST /bookings/guest answered {answer.status_code}"
        booking = answer.json()
        run.bookings.append(("specialist", booking["id"]))
        assert booking["status"] in {"held", "confirmed"}
        run.ask(403, f"GET /bookings/{booking['id']}", run.person("client"))
        confirmed = run.ask(200, f"POST /bookings/{booking['id']}/confirm", run.person("specialist")).json()
        assert (confirmed["status"], confirmed["client"]["email"]) == ("confirmed", run.email("guest"))


class TestPersonalData:
    """Personal data"""

    def test_export(self, run: Run) -> None:
        """A third client books, and its export has the booking."""
        third = run.register("third-client", "client")
        booking = run.ask(201, "POST /bookings", third, {"slot_id": run.slot(4), "note": "Smoke check"}).json()
        run.made["third-booking"] = booking["id"]
        run.bookings.append(("specialist", booking["id"]))
        part = "GET /users/me/export"
        found = eventually(lambda: run.ask(200, part, third).json()["bookings"])
        assert [(each["id"], each["note"]) for each in found] == [(booking["id"], "Smoke check")]
        assert run.ask(200, part, third).json()["account"]["user"]["email"] == third.email, "it is of somebody else"

    def test_erasure(self, run: Run) -> None:
        """With its password it is erased: the booking is cancelled and names nobody, its address opens nothing."""
        booking_id, third = run.thing("third-booking"), run.person("third-client")
        run.refused(403, "current_password_wrong", "DELETE /users/me", third, {"password": "not it at all"})
        run.ask(204, "DELETE /users/me", third, {"password": third.password})
        del run.people["third-client"]
        left = run.ask(200, f"GET /bookings/{booking_id}", run.person("specialist")).json()
        assert (left["status"], left["client"]["email"], left["note"]) == ("cancelled", None, None), "it names somebody"
        run.ask(401, "GET /users/me", third)
        run.ask(401, "POST /auth/login", None, {"email": third.email, "password": third.password})


class TestOpeningHours:
    """Opening hours"""

    def test_describe(self, run: Run) -> None:
        """The specialist describes the week, and anyone reads it."""
        week = {"hours": {day: [{"from": "09:00", "to": "12:00"}] for day in WEEK}, "step_minutes": 15}
        run.ask(200, "PUT /specialists/me/schedule", run.person("specialist"), week)
        found = run.ask(200, f"GET /specialists/{run.thing('specialist')}/schedule").json()
        assert found["hours"] == week["hours"], "others see another week"

    def test_list(self, run: Run) -> None:
        """The day's slots are those in which the service fits."""
        for slot in listed(run):
            run.hours[slot["start_at"][11:16]] = slot["id"]
        assert list(run.hours) == [f"{hour:02}:{minute:02}" for hour in (9, 10, 11) for minute in (0, 15, 30, 45)][:-1]

    def test_book(self, run: Run) -> None:
        """A client books one; who wants a part of the same time gets 409."""
        client, service = run.person("client"), run.thing("service")
        wanted = {"slot_id": run.slot_at("09:00"), "service_id": service}
        run.made["appointment"] = run.ask(201, "POST /bookings", client, wanted).json()["id"]
        run.bookings.append(("client", run.made["appointment"]))
        overlapping = {"slot_id": run.slot_at("09:15"), "service_id": service}
        run.refused(409, "slot_already_booked", "POST /bookings", run.person("second-client"), overlapping)

    def test_move(self, run: Run) -> None:
        """The booking moves within its hour."""
        move = f"PATCH /bookings/{run.thing('appointment')}/reschedule"
        moved = run.ask(200, move, run.person("client"), {"slot_id": run.slot_at("09:15")}).json()
        assert moved["slot_id"] == run.slot_at("09:15"), "the booking is not in its new slot"
        assert free(run) == run.hours.keys() - {"09:00", "09:15", "09:30"}, "other slots are free"

    def test_time_off(self, run: Run) -> None:
        """In time off nothing is free; over a booking it is a 409."""
        specialist, start = run.person("specialist"), run.starts(0) + timedelta(days=1)
        off = {"start_at": rfc3339(start + timedelta(hours=1)), "end_at": rfc3339(start + timedelta(hours=2))}
        made = run.ask(201, "POST /specialists/me/time-off", specialist, off).json()["id"]
        left = free(run)
        run.ask(204, f"DELETE /specialists/me/time-off/{made}", specialist)
        assert left == {"11:00", "11:15", "11:30"}, "other slots are free"
        over_booking = {"start_at": rfc3339(start), "end_at": rfc3339(start + timedelta(hours=1))}
        run.refused(409, "time_taken", "POST /specialists/me/time-off", specialist, over_booking)

    def test_cancel(self, run: Run) -> None:
        """The booking is cancelled, and all the day is free."""
        run.ask(200, f"PATCH /bookings/{run.thing('appointment')}/cancel", run.person("client"))
        assert free(run) == run.hours.keys(), "its time is not free again"


def listed(run: Run) -> list[dict[str, str]]:
    """The slots of the day after that of the hand-opened ones, for the service."""
    day = (run.starts(0) + timedelta(days=1)).date()
    asked = f"service_id={run.thing('service')}&date={day}"
    found: list[dict[str, str]] = run.ask(200, f"GET /specialists/{run.thing('specialist')}/slots?{asked}").json()
    return found


def free(run: Run) -> set[str]:
    """When its free ones start."""
    return {slot["start_at"][11:16] for slot in listed(run) if not slot["is_booked"]}
