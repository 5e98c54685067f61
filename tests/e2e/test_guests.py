"""Guests on a deployed stack: the mail that asks, the link that opens one booking, the limits that bots meet."""

import re
from collections import Counter
from functools import partial
from typing import Any

import httpx

from tests.e2e.mail_sink import MailSink
from tests.e2e.people import People, Person, good, together, unused_email
from tests.e2e.refusals import refused
from tests.e2e.sweeps import eventually
from tests.e2e.test_recovery import VERIFICATION, mailed

CONFIRM, BOOKED = "Please confirm", "Booked"
LINK = re.compile(r"^(http://localhost:8000/manage)#token=(\S+)&booking=(\S+)\s*$", re.MULTILINE)


def guest_books(people: People, slot: str, email: str, **more: str) -> httpx.Response:
    """From a source of its own."""
    return people.caller().post("/bookings/guest", json={"slot_id": slot, "name": "Gus", "email": email, **more})


def link_in_mail(people: People, sink: MailSink, email: str, subject: str) -> tuple[httpx.Client, str]:
    """Who has opened the link in somebody's newest mail, and the id of the booking that it opens."""
    part = eventually(lambda: sink.to(email, subject))[-1].get_body(("plain",))
    assert part is not None
    [(_, token, booking_id)] = LINK.findall(part.get_content())
    return people.caller(authorization=f"Bearer {token}"), booking_id


def test_a_guest_books_and_the_link_in_the_mail_confirms(people: People, specialist: Person, sink: MailSink) -> None:
    email, slot = unused_email(), specialist.open_slot()
    booking = good(guest_books(people, slot, email, phone="+49301234"), 201)
    gus, booking_id = link_in_mail(people, sink, email, CONFIRM)
    assert (booking_id, booking["status"], booking["client"]["email"]) == (booking["id"], "held", email)

    for _ in range(2):  # as a scanner of mail does
        assert good(gus.get(f"/bookings/{booking_id}"))["status"] == "held"
    assert good(gus.post(f"/bookings/{booking_id}/confirm"))["status"] == "confirmed"

    again, _ = link_in_mail(people, sink, email, BOOKED)
    moved = good(again.patch(f"/bookings/{booking_id}/reschedule", json={"slot_id": specialist.open_slot()}))
    assert gus.get(f"/bookings/{booking_id}/calendar.ics").text.count("BEGIN:VEVENT") == 1
    link_in_mail(people, sink, email, "Moved")
    assert good(gus.patch(f"/bookings/{moved['id']}/cancel"))["status"] == "cancelled"
    link_in_mail(people, sink, email, "Cancelled")


def test_a_link_opens_nothing_else(people: People, specialist: Person, ann: Person, sink: MailSink) -> None:
    email = unused_email()
    guest_books(people, specialist.open_slot(), email)
    gus, _ = link_in_mail(people, sink, email, CONFIRM)
    others = [
        ann.booked(specialist.open_slot())["id"],
        good(guest_books(people, specialist.open_slot(), email), 201)["id"],
    ]

    for booking_id in others:
        refused(gus.get(f"/bookings/{booking_id}"), 403, "Not enough permissions")
        refused(gus.patch(f"/bookings/{booking_id}/cancel"), 403, "Not enough permissions")
        refused(gus.post(f"/bookings/{booking_id}/confirm"), 403, "Not enough permissions")
    for path in ("/users/me", "/bookings/me", "/bookings/specialists/me"):
        refused(gus.get(path), 403, "Not enough permissions")


def test_of_20_parallel_bookings_of_an_address_2_are_held(people: People, specialist: Person) -> None:
    email, slots = unused_email(), [specialist.open_slot() for _ in range(20)]

    answers = together([partial(guest_books, people, slot, email) for slot in slots])

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[201] == 2
    assert statuses[409] + statuses[429] == 18  # the limit of attempts is none where the place has raised it
    for answer in answers:
        if answer.status_code == httpx.codes.CONFLICT:
            refused(answer, 409, "Too many open holds", reason="too_many_open_holds")


def test_of_50_guests_who_want_a_slot_one_gets_it(people: People, specialist: Person) -> None:
    slot = specialist.open_slot()

    answers = together([partial(guest_books, people, slot, unused_email()) for _ in range(50)])

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}


def test_more_attempts_for_an_address_than_the_limit_are_refused(people: People, specialist: Person) -> None:
    email, slot = unused_email(), specialist.open_slot()

    answers = [guest_books(people, slot, email) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [201] + [409] * 9 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_what_a_guest_has_confirmed_is_the_verified_accounts_and_nobody_else_is_told(
    people: People, specialist: Person, sink: MailSink
) -> None:
    ann = people.new("client")
    before = good(people.caller().post("/bookings/guest", json=wish(specialist, ann)), 201)
    gus, booking_id = link_in_mail(people, sink, ann.email, CONFIRM)
    good(gus.post(f"/bookings/{booking_id}/confirm"))
    assert ann.bookings() == []

    _, token = mailed(sink, ann.email, VERIFICATION)
    assert people.caller().post("/auth/email/verify", json={"token": token}).status_code == 204
    second = good(people.caller().post("/bookings/guest", json=wish(specialist, ann)), 201)
    good(specialist.http.post(f"/bookings/{second['id']}/confirm"))

    found = eventually(lambda: own if len(own := ann.bookings()) == 2 else None)
    assert {booking["id"] for booking in found} == {before["id"], second["id"]}
    assert {booking["client_id"] for booking in found} == {ann.id}
    for who in (gus, specialist.http):
        assert good(who.get(f"/bookings/{booking_id}"))["client"]["id"] == before["client_id"] == second["client_id"]


def wish(specialist: Person, ann: Person) -> dict[str, Any]:
    return {"slot_id": specialist.open_slot(), "name": "Ann", "email": ann.email.upper()}


def test_a_specialist_books_for_who_calls(people: People, specialist: Person, ann: Person, sink: MailSink) -> None:
    email = unused_email()
    for_gus = {"slot_id": specialist.open_slot(), "client": {"name": "Gus", "email": email}}
    for_cleo = {"slot_id": specialist.open_slot(), "client": {"name": "Cleo", "phone": "+49305678"}}
    booking = good(specialist.http.post("/bookings", json=for_gus), 201)
    assert good(specialist.http.post("/bookings", json=for_cleo), 201)["client"]["email"] is None

    gus, booking_id = link_in_mail(people, sink, email, BOOKED)

    assert good(gus.get(f"/bookings/{booking_id}"))["id"] == booking["id"]
    refused(ann.http.post("/bookings", json=for_gus), 403, "Not enough permissions")
