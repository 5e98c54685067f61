"""The page behind the links in mail, and for who is signed in."""

from datetime import date
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.credentials import PASSWORD
from tests.e2e.mail_sink import MailSink
from tests.e2e.people import People, Person
from tests.e2e.test_recovery import RESET, VERIFICATION, mailed
from tests.web.booking_page import Shop, shown_times, soon, times
from tests.web.conftest import Visitor, must_be_accessible, must_fit


@pytest.fixture
def booking(shop: Shop, client: Person) -> dict[str, Any]:
    slots = shop.person.free_slots(soon(6), shop.haircut)
    return client.booked(slots[min(slots)], service_id=shop.haircut, note="Shampoo, too")


@pytest.fixture
def page(signed_in: Visitor, booking: dict[str, Any]) -> Page:
    page = signed_in(f"/manage#booking={booking['id']}", viewport="phone", expected=("Failed to load resource",))
    page.get_by_text("Shampoo, too").wait_for()
    return page


def test_a_booking_is_shown_and_opening_it_changes_nothing(page: Page, client: Person, booking: dict[str, Any]) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("to")
    expect(page.get_by_text("Hair by Ann")).to_be_visible()
    must_be_accessible(page)
    must_fit(page)
    (stored,) = client.bookings()
    assert (stored["status"], stored["slot_id"]) == ("confirmed", booking["slot_id"])


def test_a_booking_is_moved(page: Page, client: Person, booking: dict[str, Any]) -> None:
    page.get_by_role("button", name="Move").click()
    page.locator("[aria-selected=true] button").click()
    must_be_accessible(page)
    time = shown_times(page)[-1]
    times(page).last.click()
    page.get_by_role("button", name=f"Move to {time}").click()

    expect(page.get_by_role("status").filter(has_text="Your booking has been moved.")).to_be_focused()
    (stored,) = client.bookings()
    assert (stored["id"], stored["slot_id"] != booking["slot_id"]) == (booking["id"], True)


def test_a_move_whose_answer_is_lost_is_a_move(page: Page, client: Person) -> None:
    page.get_by_role("button", name="Move").click()
    page.locator("[aria-selected=true] button").click()
    time = shown_times(page)[-1]
    times(page).last.click()
    page.route("**/reschedule", lambda route: (route.fetch(), route.fulfill(status=503, body="{}"))[-1], times=1)
    page.get_by_role("button", name=f"Move to {time}").click()
    page.get_by_role("button", name="Try again").click()

    page.get_by_role("status").filter(has_text="Your booking has been moved.").wait_for()
    assert len(client.bookings()) == 1


def test_a_time_that_somebody_else_took_is_said_and_others_are_shown(
    page: Page, shop: Shop, people: People, client: Person, booking: dict[str, Any]
) -> None:
    page.get_by_role("button", name="Move").click()
    page.locator("[aria-selected=true] button").click()
    time = shown_times(page)[-1]
    day = date.fromisoformat(page.locator("[aria-selected=true] button").get_attribute("data-day") or "")
    slots = shop.person.free_slots(day, shop.haircut)
    people.new("client").booked(slots[max(slots)], service_id=shop.haircut)
    times(page).last.click()
    page.get_by_role("button", name=f"Move to {time}").click()

    page.get_by_text(f"{time} was just taken. These are free now.").wait_for()
    assert time not in shown_times(page)
    assert client.bookings()[0]["slot_id"] == booking["slot_id"]


def test_a_booking_is_cancelled_with_a_reason(page: Page, client: Person) -> None:
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Keep it").click()
    assert client.bookings()[0]["status"] == "confirmed"

    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_label("Reason").fill("I am ill")
    must_be_accessible(page)
    page.get_by_role("button", name="Cancel the booking").click()

    expect(page.get_by_role("status").filter(has_text="Your booking is cancelled.")).to_be_focused()
    (stored,) = client.bookings()
    assert (stored["status"], stored["cancel_reason"]) == ("cancelled", "I am ill")


def test_it_goes_into_a_calendar(page: Page, booking: dict[str, Any]) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to calendar").click()

    assert f"UID:{booking['id']}@booking-api" in download.value.path().read_text()


def test_a_hold_is_confirmed_by_a_button(visitor: Visitor, shop: Shop, client: Person) -> None:
    slots = shop.person.free_slots(soon(7), shop.haircut)
    request = {"slot_id": slots[max(slots)], "service_id": shop.haircut, "hold_seconds": 1800}
    held = client.http.post("/bookings", json=request).json()
    page = visitor(f"/manage#booking={held['id']}", person=client)
    page.get_by_text("Not confirmed yet").wait_for()
    assert client.bookings()[0]["status"] == "held"

    page.get_by_role("button", name="Confirm").click()

    page.get_by_text("Confirmed: the time is yours.").wait_for()
    assert client.bookings()[0]["status"] == "confirmed"


def test_who_is_not_signed_in_is_asked_to(visitor: Visitor, client: Person, booking: dict[str, Any]) -> None:
    page = visitor("/manage")
    page.get_by_label("Email").fill(client.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.locator(f"a[href='#booking={booking['id']}']").click()

    page.get_by_text("Shampoo, too").wait_for()


def test_who_signs_in_next_sees_nothing_of_who_was_there_before(
    visitor: Visitor, client: Person, booking: dict[str, Any], people: People
) -> None:
    page = visitor("/manage")
    for person in (client, people.new("client")):
        page.get_by_label("Email").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        if person is not client:
            page.route("**/bookings/me?*", lambda _: None)
        page.get_by_role("button", name="Sign in").click()
        if person is client:
            page.locator(f"a[href='#booking={booking['id']}']").wait_for()
            page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_label("Password")).to_have_count(0)
    expect(page.locator(f"a[href='#booking={booking['id']}']")).to_have_count(0)


def test_a_wrong_link_says_so_and_its_token_leaves_the_address(visitor: Visitor) -> None:
    page = visitor("/manage#token=of-nobody&booking=bkg_of_nobody")

    page.get_by_text("This link has been used or has run out.").wait_for()
    assert "of-nobody" not in page.url


def test_a_session_that_has_run_out_is_renewed_on_the_way(
    visitor: Visitor, client: Person, booking: dict[str, Any]
) -> None:
    client.token = "expired"

    page = visitor(f"/manage#booking={booking['id']}", person=client)

    page.get_by_text("Shampoo, too").wait_for()


def test_a_new_password_is_set_by_the_link_of_a_mail_once(
    visitor: Visitor, people: People, sink: MailSink, client: Person
) -> None:
    people.caller().post("/auth/password/forgot", json={"email": client.email})
    address, token = mailed(sink, client.email, RESET)
    page = visitor(f"/{address}#token={token}")
    page.get_by_role("button", name="Set the password").wait_for()
    assert token not in page.url
    must_be_accessible(page)
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("At least 8 characters.")
    page.get_by_label("New password").fill("three words together")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("heading", name="Your new password is set").wait_for()

    credentials = {"email": client.email, "password": "three words together"}
    assert people.caller().post("/auth/login", json=credentials).status_code == httpx.codes.OK


def test_an_address_is_verified_by_the_link_of_a_mail_and_a_press(
    visitor: Visitor, sink: MailSink, client: Person
) -> None:
    address, token = mailed(sink, client.email, VERIFICATION)
    page = visitor(f"/{address}#token={token}")
    must_be_accessible(page)
    assert client.http.get("/users/me").json()["email_verified"] is False

    page.get_by_role("button", name="Yes, it is mine").click()

    page.get_by_role("heading", name="Thank you: the address is yours").wait_for()
    assert client.http.get("/users/me").json()["email_verified"] is True


def test_pages_of_links_without_their_token_say_where_it_is(visitor: Visitor) -> None:
    for path in ("/reset-password", "/verify-email"):
        page = visitor(path)
        page.get_by_text("This page needs the link from your mail.").wait_for()
        must_be_accessible(page)
