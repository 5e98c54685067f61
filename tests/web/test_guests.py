"""Booking and managing without an account, by the link that is mailed."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.deployed import DeployedStack
from tests.e2e.mail_sink import MailSink
from tests.e2e.people import People, unused_email
from tests.web.booking_page import Shop, a_shop, pick, soon
from tests.web.conftest import Visitor, must_be_accessible, must_fit
from tests.web.test_widget import on_a_site

MAILED_SECONDS = 30.0
LINK = re.compile(r"^http://localhost:8000(/manage#token=\S+&booking=\S+)\s*$", re.MULTILINE)


@pytest.fixture(scope="module")
def shop(people: People) -> Shop:
    return a_shop(people)


def link_for(sink: MailSink, email: str) -> str:
    """The link of the last mail to that address."""
    deadline = time.monotonic() + MAILED_SECONDS
    while not (mails := sink.to(email)):
        assert time.monotonic() < deadline, "no mail"
        time.sleep(0.2)
    part = mails[-1].get_body(("plain",))
    assert part is not None
    (found,) = LINK.findall(part.get_content())
    return str(found)


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
