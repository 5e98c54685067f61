"""The desk: who gets in, what they see of it, and what stays when their session ends."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.credentials import PASSWORD
from tests.e2e.people import People, Person, good, unused_email
from tests.web.booking_page import NAME, a_specialist
from tests.web.conftest import Visitor, must_be_accessible, must_fit
from tests.web.desk_page import Desk, booking_of, entry


def test_signing_in_shows_the_day_and_signing_out_leaves_nothing(visitor: Visitor, specialist: Person) -> None:
    page = visitor("/desk")

    page.get_by_label("Email").fill(specialist.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Desk").wait_for()
    page.reload()
    page.get_by_text(NAME).wait_for()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in to your desk")).to_be_focused()
    assert page.evaluate("sessionStorage.length + localStorage.length + document.cookie.length") == 0


@pytest.mark.parametrize(
    ("password", "sentence"), [("not-the-password", "Email or password is wrong."), ("", "filled in")]
)
def test_a_refused_sign_in_is_said_in_a_sentence(
    visitor: Visitor, specialist: Person, password: str, sentence: str
) -> None:
    page = visitor("/desk")
    page.get_by_label("Email").fill(specialist.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_label("Email")).to_have_value(specialist.email)
    must_be_accessible(page)


def test_an_account_without_a_desk_is_told_so(visitor: Visitor, anna: Person) -> None:
    page = visitor("/desk")
    page.get_by_label("Email").fill(anna.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="This account has no desk").wait_for()
    must_be_accessible(page)


def test_from_nothing_to_what_clients_can_book(visitor: Visitor, people: People) -> None:
    email = unused_email()
    page = visitor("/desk", viewport="phone")
    page.get_by_role("button", name="Open a desk").click()
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("form button").click()

    page.get_by_role("link", name="Type your week").click()
    page.get_by_role("button", name="Add hours to Monday").click()
    page.get_by_role("button", name="Copy to all days: Monday").click()
    page.get_by_role("button", name="Save hours").click()
    page.get_by_text("Clients see these hours at once").wait_for()
    page.get_by_role("link", name="Services").click()
    page.get_by_role("button", name="Add a service").click()
    page.get_by_label("Title").fill("Haircut")
    page.get_by_label("Price").fill("25,50")
    page.locator("dialog form button").first.click()
    page.get_by_role("row").filter(has_text="Haircut").wait_for()
    page.get_by_role("link", name="Day", exact=True).click()

    expect(page.locator("h1 + p")).to_contain_text("0 bookings")
    expect(page.get_by_text("No hours yet")).to_be_hidden()
    person = people.signed_in(email)
    assert good(person.http.get("/specialists/me"))["time_zone"] == "Europe/Berlin"
    (service,) = good(person.http.get("/specialists/me/services"))
    assert (service["price"], service["duration_minutes"]) == ("25.50", 30)
    assert len(person.free_slots(datetime.now(UTC).date() + timedelta(days=3), service["id"])) > 0


def test_addresses_that_lead_nowhere_open_today(desk: Desk, today: date) -> None:
    for place in ("%", "day/2026-02-31", "day/2026-13-45", "constructor", "day//..%2f.."):
        page = desk(place)
        expect(page.locator("h1")).to_contain_text(f"{today.day} {today:%B}")
        expect(page.get_by_role("dialog")).to_be_hidden()


def end_the_session(page: Page) -> None:
    """No token is good any more, as after a change of the password elsewhere."""
    refusals = {r"/(specialists|bookings)/": "invalid_credentials", r"/auth/refresh": "invalid_refresh_token"}
    for path, reason in refusals.items():
        page.route(re.compile(path), partial(Route.fulfill, status=401, json={"error": {"reason": reason}}))


def sign_in_again(page: Page, person: Person) -> None:
    dialog = page.get_by_role("dialog", name="You have been signed out")
    dialog.wait_for()
    must_be_accessible(page)
    page.unroute_all()
    dialog.get_by_label("Email").fill(person.email)
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_a_session_that_has_ended_asks_to_sign_in_and_loses_nothing_that_was_typed(
    desk: Desk, specialist: Person
) -> None:
    page = desk("hours")
    page.get_by_role("button", name="Remove interval 1 of Sunday").click()
    end_the_session(page)
    page.get_by_role("button", name="Save hours").click()

    sign_in_again(page, specialist)
    page.get_by_role("button", name="Save hours").click()

    page.get_by_text("Clients see these hours at once").wait_for()
    assert good(specialist.http.get("/specialists/me/schedule"))["hours"]["sun"] == []


def test_who_signs_in_instead_sees_nothing_of_the_desk_before(
    desk: Desk, anna: Person, booking: dict[str, Any]
) -> None:
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Cancel this booking").click()
    end_the_session(page)
    page.get_by_role("button", name="Cancel this booking").click()

    sign_in_again(page, anna)

    page.get_by_role("heading", name="This account has no desk").wait_for()
    expect(page.locator("main")).not_to_contain_text("Anna Berg")
    assert booking_of(anna, booking["id"])["status"] == "confirmed"


def test_another_specialist_who_signs_in_instead_sees_nothing_that_was_open(
    desk: Desk, people: People, zone: str, booking: dict[str, Any]
) -> None:
    other = a_specialist(people, zone)
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Cancel this booking").click()
    end_the_session(page)
    page.get_by_role("button", name="Cancel this booking").click()

    sign_in_again(page, other)

    expect(page.get_by_role("link", name="Hours")).to_be_visible()
    expect(page.locator("booking-desk")).not_to_contain_text("Anna Berg")


VIEWS = ("day", "week", "hours", "dates", "services", "profile", "share")


@pytest.mark.parametrize(("viewport", "scheme", "locale"), [("phone", "dark", "ru-RU"), ("desktop", "light", "en-US")])
def test_every_view_is_accessible_and_fits(
    desk: Desk, booking: dict[str, Any], today: date, viewport: str, scheme: str, locale: str
) -> None:
    page = desk(viewport=viewport, color_scheme=scheme, locale=locale)
    places = (*VIEWS, f"week/{today}/{booking['id']}", f"day/{today}/new")
    for place in places:
        page.goto(f"/desk#{place}")
        page.wait_for_load_state("networkidle")
        page.locator("main .skeleton").wait_for(state="detached")
        must_be_accessible(page)
        must_fit(page)
