"""The desk: who gets in, the day and the week, and what is done with a booking."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, expect

from tests.credentials import PASSWORD
from tests.e2e.deployed import DeployedStack
from tests.e2e.people import People, Person, good, unused_email
from tests.web.booking_page import ZONE, next_change, sign_in
from tests.web.conftest import Visitor, must_be_accessible, must_fit
from tests.web.desk_page import (
    LOST,
    NAME,
    Desk,
    a_specialist,
    booking_of,
    desk,
    entry,
    lose_the_first_answer,
    slots_of,
    specialist,
    zone,
)

__all__ = ["desk", "specialist", "zone"]  # fixtures


@pytest.fixture
def today(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


@pytest.fixture
def client(people: People) -> Person:
    """Of a client whose token says how to reach them."""
    person = people.new("client")
    good(person.http.patch("/users/me", json={"display_name": "Anna Berg", "phone": "+4930123456"}))
    return people.signed_in(person.email)


@pytest.fixture
def booking(specialist: Person, client: Person, zone: str) -> dict[str, Any]:
    """In an hour or two, today."""
    soonest = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    service = specialist.offer_service(60)
    today = datetime.now(ZoneInfo(zone)).date()
    slot = next(slot for slot in slots_of(specialist, today, zone, service) if slot["start_at"] > soonest)
    return client.booked(slot["id"], service_id=service, note="Second floor")


def local_time(instant: str, zone: str) -> str:
    """As the page says it in British English, without a leading zero."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).strftime("%H:%M").removeprefix("0")


def began_an_hour_ago(stack: DeployedStack, booking: dict[str, Any]) -> None:
    """Behind the API's back, since nobody can book the past."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    times = {":start": start, ":end": start + timedelta(minutes=30)}
    table = stack.client("dynamodb")
    found = table.get_item(TableName=stack.outputs()["BookingsTableName"], Key={"booking_id": {"S": booking["id"]}})
    like = found["Item"]["slot_start_at"]["S"]
    written = {name: moment.strftime("%Y-%m-%dT%H:%M:%S") + like[19:] for name, moment in times.items()}
    table.update_item(
        TableName=stack.outputs()["BookingsTableName"],
        Key={"booking_id": {"S": booking["id"]}},
        UpdateExpression="SET slot_start_at = :start, slot_end_at = :end",
        ExpressionAttributeValues={name: {"S": value} for name, value in written.items()},
    )


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


def test_an_account_without_a_desk_is_told_so(visitor: Visitor, client: Person) -> None:
    page = visitor("/desk")
    page.get_by_label("Email").fill(client.email)
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
    page.get_by_role("link", name="Today").click()

    expect(page.locator("h1 + p")).to_contain_text("0 bookings")
    expect(page.get_by_text("No hours yet")).to_be_hidden()
    person = people.signed_in(email)
    assert good(person.http.get("/specialists/me"))["time_zone"] == "Europe/Berlin"
    (service,) = good(person.http.get("/specialists/me/services"))
    assert (service["price"], service["duration_minutes"]) == ("25.50", 30)
    assert len(person.free_slots(datetime.now(UTC).date() + timedelta(days=3), service["id"])) > 0


def test_the_day_is_a_list_by_hour_with_the_next_one_marked(
    desk: Desk, specialist: Person, client: Person, booking: dict[str, Any], zone: str, today: date
) -> None:
    later = slots_of(specialist, today, zone)[-1]
    client.booked(later["id"])

    page = desk()

    marked = page.locator(".entry.marked")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("Next")
    expect(marked).to_contain_text("Anna Berg")
    expect(marked).to_contain_text("Second floor")
    expect(page.locator("h1 + p")).to_contain_text("2 bookings, the next one in")
    row = page.locator(".by-hour > li").filter(has=marked)
    hour = local_time(booking["slot_start_at"], zone).split(":")[0]
    expect(row.locator(".hour")).to_have_text(f"{hour}:00")


def test_the_week_scrolls_to_now_and_shows_bookings_where_they_are(
    desk: Desk, booking: dict[str, Any], zone: str
) -> None:
    page = desk("week")

    box = entry(page, "Anna Berg")
    expect(box).to_be_in_viewport()
    expect(page.locator(".now-line")).to_be_in_viewport()
    start = datetime.fromisoformat(booking["slot_start_at"]).astimezone(ZoneInfo(zone))
    assert box.locator("xpath=..").evaluate("item => item.style.gridRow") == (
        f"{(start.hour * 60 + start.minute) // 5 + 1} / {(start.hour * 60 + start.minute + 60) // 5 + 1}"
    )
    page.get_by_role("link", name="the week after").click()
    expect(box).to_be_hidden()
    page.go_back()
    box.click()
    expect(page.get_by_role("dialog")).to_contain_text("Second floor")


def test_a_booking_is_opened_by_keys_and_says_who_when_and_what(
    desk: Desk, client: Person, booking: dict[str, Any]
) -> None:
    page = desk()
    entry(page, "Anna Berg").focus()
    page.keyboard.press("Enter")

    sheet = page.get_by_role("dialog", name="Anna Berg")
    for words in ("Haircut", "€25", "Second floor", "+4930123456", client.email, "Booked"):
        expect(sheet).to_contain_text(words)
    must_be_accessible(page)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(entry(page, "Anna Berg")).to_be_focused()
    assert booking["id"] not in page.url


def test_a_booking_is_cancelled_with_a_reason(desk: Desk, specialist: Person, booking: dict[str, Any]) -> None:
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Cancel this booking").click()
    page.get_by_label("Reason").fill("I have fallen ill")
    page.get_by_role("button", name="Cancel this booking").click()

    page.get_by_text("Cancelled. The client hears of it by mail.").wait_for()
    found = booking_of(specialist, booking["id"])
    assert (found["status"], found["cancel_reason"]) == ("cancelled", "I have fallen ill")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".entry.cancelled")).to_contain_text("cancelled")


def test_a_booking_is_moved_and_a_time_that_was_just_taken_is_said(
    desk: Desk, specialist: Person, people: People, booking: dict[str, Any], zone: str, today: date
) -> None:
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Move").click()
    page.get_by_role("radio").first.wait_for()
    taken = slots_of(specialist, today, zone, booking["service_id"])[1]
    people.new("client").booked(taken["id"], service_id=booking["service_id"])
    time = local_time(taken["start_at"], zone)
    page.get_by_role("radio", name=time, exact=True).check(force=True)
    page.get_by_role("button", name="Move it there").click()
    page.get_by_text(f"{time} was just taken. These are free now.").wait_for()
    expect(page.locator("input[name=slot]:checked")).to_have_count(0)
    free = slots_of(specialist, today, zone, booking["service_id"])[-1]

    page.get_by_role("radio", name=local_time(free["start_at"], zone), exact=True).check(force=True)
    page.get_by_role("button", name="Move it there").click()

    page.get_by_text("Moved. The client hears of it by mail.").wait_for()
    assert booking_of(specialist, booking["id"])["slot_start_at"] == free["start_at"]


def test_moving_needs_a_time(desk: Desk, booking: dict[str, Any], specialist: Person) -> None:
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Move").click()
    page.get_by_role("radio").first.wait_for()
    page.get_by_role("button", name="Move it there").click()

    page.get_by_text("Choose a time.").wait_for()
    must_be_accessible(page)
    page.get_by_role("button", name="Leave it where it is").click()
    assert booking_of(specialist, booking["id"])["slot_id"] == booking["slot_id"]


def test_whether_the_client_came_is_said_and_taken_back(
    desk: Desk, stack: DeployedStack, specialist: Person, booking: dict[str, Any], today: date
) -> None:
    began_an_hour_ago(stack, booking)
    page = desk(f"day/{today}/{booking['id']}")

    missed = page.get_by_role("button", name="They did not come")
    missed.click()
    expect(missed).to_have_attribute("aria-pressed", "true")
    assert booking_of(specialist, booking["id"])["attendance"] == "no_show"
    must_be_accessible(page)
    missed.click()
    expect(missed).to_have_attribute("aria-pressed", "false")
    assert booking_of(specialist, booking["id"])["attendance"] is None


def test_what_was_cancelled_meanwhile_is_not_moved_but_shown_as_it_is(
    desk: Desk, client: Person, specialist: Person, booking: dict[str, Any]
) -> None:
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Move").click()
    page.get_by_role("radio").first.check(force=True)
    good(client.cancel(booking["id"]))
    page.get_by_role("button", name="Move it there").click()

    expect(page.get_by_role("alert")).to_contain_text("so it cannot be moved")
    expect(page.get_by_role("dialog")).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Move it there")).to_be_hidden()
    assert booking_of(specialist, booking["id"])["slot_id"] == booking["slot_id"]


def test_what_is_held_is_confirmed(desk: Desk, specialist: Person, client: Person, zone: str, today: date) -> None:
    slot = slots_of(specialist, today, zone)[-1]
    held = good(client.http.post("/bookings", json={"slot_id": slot["id"], "hold_seconds": 600}), 201)
    page = desk()
    expect(page.locator(".entry.held")).to_contain_text("held until")
    page.locator(".entry.held").click()
    page.get_by_role("button", name="Confirm it").click()

    page.get_by_text("Confirmed. The client hears of it by mail.").wait_for()
    assert booking_of(specialist, held["id"])["status"] == "confirmed"


def test_what_has_not_begun_says_nothing_of_who_came(desk: Desk, booking: dict[str, Any], today: date) -> None:
    page = desk(f"day/{today}/{booking['id']}")
    page.get_by_role("button", name="Move").wait_for()
    expect(page.get_by_role("button", name="They came")).to_be_hidden()


def test_somebody_elses_booking_does_not_open(desk: Desk, people: People, client: Person, today: date) -> None:
    other = people.new("specialist")
    booking = client.booked(other.open_slot())

    page = desk(f"day/{today}/{booking['id']}")

    expect(page.get_by_role("alert")).to_contain_text("This account may not do that.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_somebody_on_the_phone_is_booked_once(desk: Desk, specialist: Person, zone: str, today: date) -> None:
    service = specialist.offer_service(30)
    page = desk(viewport="phone", expected=(LOST,))
    page.get_by_role("link", name="Book for somebody").click()
    wanted = page.get_by_role("radio")
    wanted.last.check(force=True)
    page.get_by_label("Name").fill("Clara")
    page.get_by_label("Phone").fill("030 123456")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("with the country first")
    page.get_by_label("Phone").fill("+49 (30) 123-456")
    must_be_accessible(page)
    lose_the_first_answer(page, "/bookings")
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_text("There is no answer yet").wait_for()
    page.get_by_role("button", name="Book", exact=True).click()

    page.get_by_text("Nobody gets a mail").wait_for()
    (booking,) = good(specialist.http.get("/bookings/specialists/me"))
    assert (booking["status"], booking["service_id"]) == ("confirmed", service)
    assert (booking["client"]["name"], booking["client"]["phone"]) == ("Clara", "+4930123456")
    page.get_by_role("button", name="Close").last.click()
    expect(entry(page, "Clara")).to_be_visible()


@pytest.mark.parametrize("view", ["Today", "Week"])
def test_what_cannot_be_read_is_said_and_read_again_when_asked(desk: Desk, booking: dict[str, Any], view: str) -> None:
    page = desk("share", expected=("Failed to load resource: the server responded with a status of 5",))
    asked: list[Route] = []
    failing = re.compile(r"/bookings/specialists/me")

    def fail(route: Route) -> None:
        asked.append(route)
        route.fulfill(status=500, json={"error": {"reason": "internal_error"}, "request_id": "r-1"})

    page.route(failing, fail)
    page.get_by_role("link", name=view, exact=True).click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Something broke on our side")
    expect(alert).to_contain_text("r-1")
    must_be_accessible(page)
    page.unroute(failing)
    page.get_by_role("button", name="Try again").click()
    entry(page, "Anna Berg").wait_for()
    assert len(asked) == 1


def test_addresses_that_lead_nowhere_open_today(desk: Desk, today: date) -> None:
    for place in ("%", "day/2026-02-31", "day/2026-13-45", "constructor", "day//..%2f.."):
        page = desk(place)
        expect(page.locator("h1")).to_contain_text(f"{today.day} {today:%B}")
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_times_that_clocks_show_twice_say_which_is_which(visitor: Visitor, people: People) -> None:
    day = next_change(ZONE, forward=False)
    person = a_specialist(people, ZONE)
    person.describe_week("00:00", "06:00", horizon_days=400, step_minutes=30)
    page = visitor(timezone_id="Asia/Kolkata")
    sign_in(page, person)
    page.goto(f"/desk#day/{day}/new")

    for time in ("2:00 GMT+2", "2:30 GMT+2", "2:00 GMT+1", "2:30 GMT+1", "3:00"):
        page.get_by_role("radio", name=time, exact=True).wait_for()


def test_a_long_name_fits_and_is_only_a_name(
    desk: Desk, people: People, specialist: Person, zone: str, today: date
) -> None:
    name = "<img src=x onerror=alert(1)>" + "W" * 70
    client = people.new("client")
    good(client.http.patch("/users/me", json={"display_name": name}))
    slot = slots_of(specialist, today, zone)[-1]
    people.signed_in(client.email).booked(slot["id"], note="n" * 500)

    page = desk(viewport="phone")

    expect(entry(page, name)).to_be_visible()
    must_fit(page)
    entry(page, name).click()
    sheet = page.get_by_role("dialog", name=name)
    sheet.get_by_text("Booked").wait_for()
    assert sheet.evaluate("sheet => sheet.scrollWidth <= sheet.clientWidth")


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
    desk: Desk, client: Person, booking: dict[str, Any]
) -> None:
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Cancel this booking").click()
    end_the_session(page)
    page.get_by_role("button", name="Cancel this booking").click()

    sign_in_again(page, client)

    page.get_by_role("heading", name="This account has no desk").wait_for()
    expect(page.locator("main")).not_to_contain_text("Anna Berg")
    assert booking_of(client, booking["id"])["status"] == "confirmed"


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
