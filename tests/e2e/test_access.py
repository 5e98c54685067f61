"""Who may do what: roles, owners, and tokens that are none."""

import base64
import json
import secrets
from functools import partial

import pytest

from tests.credentials import PASSWORD
from tests.e2e.people import SLOT_LENGTH, People, Person, credentials, good, times, together, unused_email
from tests.e2e.refusals import refused

SERVICE = {"title": "Haircut", "duration_minutes": 30, "price": "25.00"}
USER = {
    *("id", "email", "email_verified", "role", "is_active", "created_at"),
    *("display_name", "phone", "locale", "time_zone"),
}


def test_a_booking_is_its_clients_its_specialists_and_admins(
    specialist: Person, ann: Person, ben: Person, people: People
) -> None:
    booking = ann.booked(specialist.open_slot())
    path = f"/bookings/{booking['id']}"
    other = specialist.open_slot()
    stranger = people.new("specialist")
    for person in (ben, stranger):
        refused(person.http.get(path), 403, "Not enough permissions")
        refused(person.http.get(f"{path}/calendar.ics"), 403, "Not enough permissions")
        refused(person.reschedule(booking["id"], other), 403, "Not enough permissions")
        refused(person.cancel(booking["id"]), 403, "Not enough permissions")
    for person in (ann, specialist, people.admin):
        assert good(person.http.get(path)) == booking | {"specialist_name": None}
        assert person.http.get(f"{path}/calendar.ics").status_code == 200
    good(people.admin.reschedule(booking["id"], other))
    assert good(specialist.cancel(booking["id"]))["status"] == "cancelled"


def test_an_admin_changes_accounts_but_not_its_own_rights(people: People) -> None:
    admin, other = people.admin, people.new("client")
    listed = good(admin.http.get("/users", params={"limit": "100"}))
    assert all(user.keys() == USER for user in listed)
    assert good(admin.http.patch(f"/users/{other.id}", json={"role": "specialist"}))["role"] == "specialist"
    promoted = people.signed_in(other.email)
    assert good(promoted.http.get("/specialists/me"))["user_id"] == other.id
    good(admin.http.patch(f"/users/{other.id}", json={"is_active": False}))
    refused(people.caller().post("/auth/login", json=credentials(other.email)), 401, "Invalid email or password")
    refused(other.http.get("/users/me"), 401)
    refused(admin.http.patch(f"/users/{admin.id}", json={"role": "client"}), 409)
    refused(admin.http.patch(f"/users/{admin.id}", json={"is_active": False}), 409)
    refused(admin.http.patch("/users/usr_nothing", json={"is_active": False}), 404)


def test_a_dismissed_admin_changes_nobody_with_a_token_that_is_still_valid(people: People) -> None:
    dismissed, accomplice = people.new_admin(), people.new("client")
    good(people.admin.http.patch(f"/users/{dismissed.id}", json={"is_active": False}))
    for user_id, change in ((dismissed.id, {"is_active": True}), (accomplice.id, {"role": "specialist"})):
        answer = dismissed.http.patch(f"/users/{user_id}", json=change)
        refused(answer, 403, "Not enough permissions", reason="not_enough_permissions")
    refused(people.admin.http.patch(f"/users/{accomplice.id}", json={"role": "admin"}), 422)


def test_of_admins_who_dismiss_each_other_at_once_one_stays(people: People) -> None:
    for _ in range(5):
        one, other = people.new_admin(), people.new_admin()
        answers = together(
            [
                partial(by.http.patch, f"/users/{whom.id}", json={"role": "client"})
                for by, whom in ((one, other), (other, one))
            ]
        )
        assert sorted(answer.status_code for answer in answers) == [200, 403]


def test_a_deactivated_specialist_is_on_no_list_and_has_no_free_slots(people: People, ann: Person) -> None:
    specialist = people.new("specialist")
    good(specialist.http.patch("/specialists/me", json={"display_name": "Ann"}))
    free, booked = specialist.open_slot(), specialist.open_slot()
    ann.booked(booked)
    good(people.admin.http.patch(f"/users/{specialist.id}", json={"is_active": False}))
    open_slots = good(ann.http.get(f"/specialists/{specialist.specialist_id}/slots"))
    assert [slot["id"] for slot in open_slots] == [booked]
    refused(ann.book(free), 404, "Slot not found")
    start = specialist.free_time()
    refused(specialist.http.post("/specialists/me/slots", json=times(start, start + SLOT_LENGTH)), 403)
    refused(people.caller().post("/auth/refresh", json={"refresh_token": specialist.refresh_token}), 401)


def test_a_login_does_not_tell_who_has_an_account(ann: Person, people: People) -> None:
    wrong = {"email": ann.email, "password": "not the password"}
    unknown = {"email": unused_email(), "password": "not the password"}
    answers = [people.caller().post("/auth/login", json=tried) for tried in (wrong, unknown)]
    bodies = [refused(answer, 401, "Invalid email or password") for answer in answers]
    assert bodies[0] | {"request_id": ""} == bodies[1] | {"request_id": ""}


def test_an_address_is_registered_once_whatever_its_case(ann: Person, people: People) -> None:
    answer = people.caller().post("/auth/register", json=credentials(ann.email.upper()))
    refused(answer, 409, "User with this email already exists")


def forged(header: dict[str, object], token: str) -> str:
    """The claims of a good token under another header, without a signature."""
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{encoded}.{token.split('.')[1]}."


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: forged({"alg": "none", "typ": "JWT"}, token),
        lambda token: forged({"alg": "none", "typ": "JWT", "kid": _kid(token)}, token),
        lambda token: forged({"alg": "HS256", "kid": ["x"]}, token),
        lambda token: token[:-2],
        lambda token: token.replace(".", "", 1),
        lambda token: "x" * 10_000,
        lambda token: secrets.token_urlsafe(40),
        lambda token: "é" * 20,
    ],
    ids=["none", "none with key", "odd key", "cut", "one dot", "long", "random", "not ASCII"],
)
def test_a_token_that_is_none_is_a_401(damage: object, ann: Person, people: People) -> None:
    assert callable(damage)
    token: str = damage(ann.token)
    answer = people.caller().get("/users/me", headers={b"Authorization": f"Bearer {token}".encode()})
    refused(answer, 401, "Could not validate credentials")
    assert answer.headers["x-amzn-remapped-www-authenticate"] == "Bearer"  # as a REST API names it


@pytest.mark.parametrize("scheme", ["Basic", "Token"])
def test_another_scheme_is_a_401(scheme: str, ann: Person, people: People) -> None:
    answer = people.caller().get("/users/me", headers={"Authorization": f"{scheme} {ann.token}"})
    refused(answer, 401, "Could not validate credentials")


def test_no_answer_carries_a_password(people: People) -> None:
    answer = people.caller().post("/auth/register", json=credentials(unused_email(), role="nobody"))
    assert PASSWORD not in answer.text


def _kid(token: str) -> object:
    header = token.split(".", maxsplit=1)[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
