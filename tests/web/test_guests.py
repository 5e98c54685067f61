"""Booking and managing without an account, by the link that is mailed."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.deployed import DeployedStack
from tests.e2e.mail_sink import MailSink
from tests.e2e.people import unused_email
from tests.e2e.sweeps import eventually
from tests.e2e.test_guests import LINK
from tests.web.booking_page import Shop, pick, shown_times, soon
from tests.web.conftest import Visitor, must_be_accessible, must_fit
from tests.web.test_widget import on_a_site


def link_for(sink: MailSink, email: str) -> str:
    """The address behind the link of the last mail to that person."""
    part = eventually(lambda: sink.to(email))[-1].get_body(("plain",))
    assert part is not None
    [(_, token, booking_id)] = LINK.findall(part.get_content())
    return f"/manage#token={token}&booking={booking_id}"


def book(page: Page, at: str, email: str) -> None:
    pick(page, at)
    page.get_by_label("Name").fill("Zoë Miller")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Phone").fill("+49 (30) 123-4567")
    page.get_by_role("button", name=f"Book {at}").click()


@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_a_guest_books_confirms_by_the_link_and_cancels(
    visitor: Visitor, shop: Shop, sink: MailSink, viewport: str
) -> None:
    page, email = visitor(shop.day(soon()), viewport=viewport), unused_email()
    book(page, {"phone": "10:00", "desktop": "11:00"}[viewport], email)
    expect(page.get_by_role("heading", name="Check your mail")).to_be_focused()
    expect(page.get_by_text(re.compile("kept for you for (29|30) more minutes"))).to_be_visible()
    must_be_accessible(page)
    must_fit(page)

    page.goto(link_for(sink, email))
    page.get_by_text("Not confirmed yet").wait_for()
    assert "token" not in page.url
    page.reload()
    page.get_by_text("Zoë Miller").wait_for()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Confirmed: the time is yours.").wait_for()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the booking").click()

    page.get_by_text("Your booking is cancelled.").wait_for()
    bookings = shop.person.http.get("/bookings/specialists/me").json()
    (stored,) = (booking for booking in bookings if booking["client"]["email"] == email)
    assert (stored["status"], stored["client"]["phone"]) == ("cancelled", "+49301234567")


def test_too_many_open_holds_are_said_and_nothing_typed_is_lost(visitor: Visitor, shop: Shop) -> None:
    email = unused_email()
    for at in ("14:00", "15:00"):
        book(page := visitor(shop.day(soon())), at, email)
        page.get_by_role("heading", name="Check your mail").wait_for()

    book(page := visitor(shop.day(soon())), "16:00", email)

    expect(page.get_by_role("alert")).to_contain_text("You have times waiting to be confirmed.")
    expect(page.get_by_label("Name")).to_have_value("Zoë Miller")


def test_the_widget_books_for_a_guest(visitor: Visitor, stack: DeployedStack, shop: Shop) -> None:
    page = on_a_site(visitor, stack, shop)
    page.locator(".day.free").nth(2).click()
    book(page, "12:00", unused_email())

    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()


@pytest.mark.parametrize("viewport", ["phone", "desktop"])
@pytest.mark.parametrize(
    ("status", "said"),
    [("held", "Ask Hair by Ann to confirm"), ("confirmed", "save the time to your calendar")],
)
def test_a_stack_that_sends_no_mail_does_not_speak_of_any(
    visitor: Visitor, shop: Shop, viewport: str, status: str, said: str
) -> None:
    """As with `MAIL_SENDER` empty and `GUEST_BOOKING` as it is, or open."""
    page = visitor(viewport=viewport)
    page.route(f"**{shop.path}?*", sends_no_mail)
    page.route("**/bookings/guest", lambda route: route.fulfill(json={**route.fetch().json(), "status": status}))
    page.goto(shop.day(soon(9)))
    book(page, shown_times(page)[0], unused_email())

    expect(page.locator("main")).to_contain_text("No mail is sent from here")
    expect(page.locator("main")).to_contain_text(said)
    expect(page.locator("main")).not_to_contain_text(re.compile("mail to|a link|your mail"))
    must_be_accessible(page)


def sends_no_mail(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('data-mail="sent"', 'data-mail="none"'))
