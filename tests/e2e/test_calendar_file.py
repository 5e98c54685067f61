"""The .ics of a booking: one event that calendars can follow through moves and cancellation."""

from datetime import datetime
from typing import Any

from icalendar import Calendar

from tests.e2e.deployed import MAIL_SENDER
from tests.e2e.people import Person, good
from tests.e2e.refusals import refused


def calendar_of(person: Person, booking_id: str) -> tuple[Any, Any]:
    """The calendar and its one event, as icalendar reads them."""
    answer = person.http.get(f"/bookings/{booking_id}/calendar.ics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"].startswith("attachment")
    calendar = Calendar.from_ical(answer.content)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_the_event_follows_the_booking(specialist: Person, ann: Person) -> None:
    booking = ann.booked(specialist.open_slot())
    calendar, event = calendar_of(ann, booking["id"])
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("REQUEST", "CONFIRMED", 0)
    assert event.decoded("DTSTART") == datetime.fromisoformat(booking["slot_start_at"])
    assert event.decoded("DTEND") == datetime.fromisoformat(booking["slot_end_at"])
    assert event["ATTENDEE"] == f"mailto:{ann.email}"
    assert event["ORGANIZER"] == f"mailto:{MAIL_SENDER}"

    moved = good(ann.reschedule(booking["id"], specialist.open_slot()))
    _, later = calendar_of(specialist, booking["id"])
    assert later["UID"] == event["UID"]
    assert later["SEQUENCE"] == 1
    assert later.decoded("DTSTART") == datetime.fromisoformat(moved["slot_start_at"])

    ann.cancel(booking["id"])
    calendar, last = calendar_of(ann, booking["id"])
    assert (calendar["METHOD"], last["STATUS"], last["UID"]) == ("CANCEL", "CANCELLED", event["UID"])
    assert last["SEQUENCE"] > later["SEQUENCE"]


def test_a_service_is_the_events_title(specialist: Person, ann: Person) -> None:
    service = {"title": "Schnitt; Föhnen, Ø", "duration_minutes": 30, "price": "25.00"}
    offered = good(specialist.http.post("/specialists/me/services", json=service), 201)
    booking = ann.booked(specialist.open_slot(), service_id=offered["id"])
    _, event = calendar_of(ann, booking["id"])
    assert str(event["SUMMARY"]).startswith("Schnitt; Föhnen, Ø")


def test_a_service_longer_than_the_slot_is_refused(specialist: Person, ann: Person) -> None:
    service = {"title": "Long talk", "duration_minutes": 31, "price": "25.00"}
    offered = good(specialist.http.post("/specialists/me/services", json=service), 201)
    refused(ann.book(specialist.open_slot(), service_id=offered["id"]), 409)
    refused(ann.book(specialist.open_slot(), service_id="svc_nothing"), 404, "Service not found")
