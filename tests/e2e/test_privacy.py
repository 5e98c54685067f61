"""Erasure on a deployed stack: the stream, mail, digests and the ledger included."""

import json
import time
from typing import Any

import httpx

from tests.credentials import PASSWORD
from tests.e2e.deployed import DeployedStack, operated
from tests.e2e.mail_sink import MailSink
from tests.e2e.people import People, Person, good
from tests.e2e.refusals import refused
from tests.e2e.sweeps import eventually

TABLES = ("Users", "Calendar", "Bookings", "Waitlist", "Ephemeral", "Metrics")
NAME, PHONE = "Quetzalcoatl", "+4930555019988"
SETTLED_SECONDS = 3.0
"""What the stream has to say of an erasure is told by then."""


def traces(stack: DeployedStack, person: Person) -> list[str]:
    """The items of all tables that tell of the person."""
    dynamodb, outputs = stack.client("dynamodb"), stack.outputs()
    found: list[str] = []
    for table in TABLES:
        pages = dynamodb.get_paginator("scan").paginate(TableName=outputs[f"{table}TableName"], ConsistentRead=True)
        items = [json.dumps(item).lower() for page in pages for item in page["Items"]]
        found += [item for item in items if any(t.lower() in item for t in (person.email, NAME, PHONE))]
    return found


def erase(person: Person, password: str = PASSWORD) -> httpx.Response:
    return person.http.request("DELETE", "/users/me", json={"password": password})


def with_name(people: People, person: Person) -> Person:
    good(person.http.patch("/users/me", json={"display_name": NAME, "phone": PHONE}))
    return people.signed_in(person.email)


def test_a_client_is_erased_everywhere(stack: DeployedStack, people: People, sink: MailSink) -> None:
    specialist, waiter, ann = people.new("specialist"), people.new("client"), with_name(people, people.new("client"))
    good(specialist.http.patch("/specialists/me", json={"booking_mail": "daily"}))
    first, second = (specialist.open_slot() for _ in range(2))
    booking = ann.booked(first, note=f"{NAME} rings twice", key="a-key")
    good(waiter.join(first), 201)
    good(waiter.book(second), 201)
    good(ann.join(second), 201)
    assert traces(stack, ann)
    eventually(lambda: sink.to(ann.email, "Booked"))

    assert erase(ann).status_code == httpx.codes.NO_CONTENT

    assert traces(stack, ann) == []
    assert waiter.holds(first)
    left = good(specialist.http.get(f"/bookings/{booking['id']}"))
    assert (left["status"], left["client"]["email"], left["note"]) == ("cancelled", None, None)
    refused(ann.http.get("/users/me"), 401)
    refused(people.caller().post("/auth/refresh", json={"refresh_token": ann.refresh_token}), 401)
    time.sleep(SETTLED_SECONDS)
    assert traces(stack, ann) == []


def test_a_specialist_is_erased_once_nobody_is_to_come(stack: DeployedStack, people: People, ann: Person) -> None:
    specialist = with_name(people, people.new("specialist"))
    good(specialist.http.patch("/specialists/me", json={"display_name": NAME, "description": f"{NAME} cuts hair"}))
    specialist.describe_week()
    specialist.offer_service(30)
    booking = ann.booked(specialist.open_slot(), note="Second floor")
    refused(erase(specialist, "not it at all"), 403, "Current password is wrong")
    refused(erase(specialist), 409, "Upcoming bookings have to be cancelled first")
    good(specialist.cancel(booking["id"]))

    assert erase(specialist).status_code == httpx.codes.NO_CONTENT

    assert traces(stack, specialist) == []
    refused(ann.http.get(f"/specialists/{specialist.specialist_id}"), 404)
    refused(ann.http.get(f"/specialists/{specialist.specialist_id}/slots"), 404)
    assert good(ann.http.get(f"/bookings/{booking['id']}"))["specialist_name"] is None


def test_the_operator_erases_who_has_asked_by_mail(stack: DeployedStack, people: People) -> None:
    ann = with_name(people, people.new("client"))
    booking = ann.booked(people.new("specialist").open_slot(), note=f"{NAME} rings twice")

    assert operated(stack.deployed(), "erase", ann.email).startswith(f"{ann.email} had an account, which is erased")

    assert traces(stack, ann) == []
    refused(ann.http.get("/users/me"), 401)
    assert stored_booking(stack, booking["id"])["status"] == {"S": "cancelled"}
    assert operated(stack.deployed(), "erase", ann.email).startswith(f"{ann.email} has no account")


def stored_booking(stack: DeployedStack, booking_id: str) -> dict[str, Any]:
    table = stack.outputs()["BookingsTableName"]
    found: dict[str, Any] = stack.client("dynamodb").get_item(TableName=table, Key={"booking_id": {"S": booking_id}})
    return dict(found["Item"])


def test_the_export_has_what_the_person_has_left(people: People, ann: Person) -> None:
    booking = ann.booked(people.new("specialist").open_slot(), note="Second floor")

    export = good(ann.http.get("/users/me/export"))

    assert export["account"]["user"]["email"] == ann.email
    assert booking["id"] in [each["id"] for each in export["bookings"]]
    assert export["account"]["sessions"]
