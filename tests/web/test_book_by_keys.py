"""Booking without a mouse, or without seeing the page."""

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.e2e.people import People, Person
from tests.web.booking_page import Shop, a_shop, shown_times, soon
from tests.web.conftest import Visitor


def test_a_booking_by_keyboard_alone(signed_in: Visitor, shop: Shop, client: Person) -> None:
    page = signed_in(shop.path)
    page.get_by_role("heading", name="What would you like to book?").wait_for()

    tab_to(page, "Haircut")
    page.keyboard.press("Enter")
    page.locator("[aria-selected=true]").wait_for()
    tab_to(page, "times free")
    before = focused_day(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert focused_day(page) == before + timedelta(days=8)
    page.keyboard.press("Home")
    assert focused_day(page).isoweekday() == 1
    page.keyboard.press("End")
    assert focused_day(page).isoweekday() == 7
    page.keyboard.press("PageDown")
    assert focused_day(page).month != before.month
    page.locator("[tabindex='0'].free").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".times-title")).to_be_focused()
    tab_to(page, ":30")
    page.keyboard.press("Enter")
    tab_to(page, "Note")
    page.keyboard.type("Without a mouse")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Booked").wait_for()
    assert [booking["note"] for booking in client.bookings()] == ["Without a mouse"]


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until what has the focus bears that name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate(NAME_OF_FOCUSED):
            return
    raise AssertionError(f"No {name} takes the focus")


NAME_OF_FOCUSED = """() => {
  const element = document.activeElement;
  return [element.ariaLabel, element.labels?.[0]?.innerText, element.innerText].filter(Boolean).join(" ");
}"""


def focused_day(page: Page) -> date:
    page.locator(".day:focus").wait_for()
    return date.fromisoformat(page.evaluate("document.activeElement.dataset.day"))


def test_what_a_screen_reader_is_told(visitor: Visitor, people: People) -> None:
    shop = a_shop(people, horizon_days=14)
    page = visitor(shop.day(soon()))
    shown_times(page)

    grid = page.get_by_role("grid")
    day = soon().strftime("%A %-d %B")
    expect(grid).to_have_accessible_name(re.compile(r"\w+ \d{4}"))
    expect(grid.get_by_role("button", name=re.compile(rf"^{day}, \d+ times free$"))).to_be_visible()
    expect(page.get_by_role("gridcell", selected=True)).to_have_count(1)
    expect(page.get_by_role("button", name="Change What")).to_be_visible()
    expect(page.get_by_role("list", name="Morning").get_by_role("button").first).to_have_accessible_name("9:00")
