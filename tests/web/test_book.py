"""Booking on the page, as a client who is signed in."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.credentials import PASSWORD
from tests.e2e.people import People, Person
from tests.web.booking_page import ZONE, Shop, a_shop, next_change, pick, shown_times, sign_in, soon, times
from tests.web.conftest import Visitor, must_be_accessible, must_fit


@pytest.fixture(scope="module")
def shop(people: People) -> Shop:
    return a_shop(people)


@pytest.fixture
def client(people: People) -> Person:
    return people.new("client")


@pytest.fixture
def signed_in(visitor: Visitor, client: Person) -> Callable[..., Page]:
    """Opens the page for the client."""

    def opened(path: str, **options: Any) -> Page:
        page = visitor(**options)
        sign_in(page, client)
        page.goto(path)
        return page

    return opened


@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_a_service_a_day_and_a_time_make_a_booking(
    signed_in: Callable[..., Page], shop: Shop, client: Person, viewport: str
) -> None:
    page = signed_in(shop.path, viewport=viewport)

    page.get_by_role("button", name="Colouring").click()
    if viewport == "phone":
        page.locator("[aria-selected=true] button").click()
    time = shown_times(page)[-1]
    pick(page, time)
    page.get_by_label("Note").fill("Only the tips")
    page.get_by_role("button", name=f"Book {time}").click()
    expect(page.get_by_role("heading", name="Booked")).to_be_focused()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to calendar").click()

    (booking,) = client.bookings()
    assert (booking["status"], booking["service_id"], booking["note"]) == ("confirmed", shop.colouring, "Only the tips")
    assert f"UID:{booking['id']}@booking-api" in download.value.path().read_text()
    must_fit(page)


def test_all_steps_are_accessible_and_fit_on_a_phone(signed_in: Callable[..., Page], shop: Shop) -> None:
    page = signed_in(shop.path, viewport="phone", color_scheme="dark")
    page.get_by_role("heading", name="What would you like to book?").wait_for()
    must_be_accessible(page)
    page.get_by_role("button", name="Haircut").click()
    page.locator("[aria-selected=true] button").wait_for()
    must_be_accessible(page)
    page.locator("[aria-selected=true] button").click()
    time = shown_times(page)[0]
    must_be_accessible(page)
    must_fit(page)
    pick(page, time)
    must_be_accessible(page)
    must_fit(page)
    page.get_by_role("button", name="Book").click()
    page.get_by_role("heading", name="Booked").wait_for()
    must_be_accessible(page)
    must_fit(page)


def test_the_address_holds_what_was_chosen(signed_in: Callable[..., Page], shop: Shop, client: Person) -> None:
    page = signed_in(shop.path)
    page.get_by_role("button", name="Haircut").click()
    pick(page, shown_times(page)[1])
    page.get_by_label("Note").fill("Typed before")

    page.reload()
    expect(page.get_by_label("Note")).to_have_value("Typed before")
    page.go_back()
    times(page).first.wait_for()
    page.go_back()
    page.get_by_role("heading", name="What would you like to book?").wait_for()
    page.go_forward()
    page.go_forward()

    expect(page.get_by_label("Note")).to_have_value("Typed before")
    assert client.bookings() == []


def test_of_two_tabs_one_gets_the_time_and_the_other_is_told_and_loses_nothing(
    visitor: Visitor, people: People, shop: Shop
) -> None:
    tabs, clients = [visitor(), visitor()], people.several("client", 2)
    for tab, client in zip(tabs, clients, strict=True):
        sign_in(tab, client)
        tab.goto(shop.day(soon()))
        pick(tab, "14:30")
        tab.get_by_label("Note").fill("Please be quick")

    for tab in tabs:
        tab.get_by_role("button", name="Book 14:30").dispatch_event("click")
    for tab in tabs:
        tab.locator("h2:not(:text('Who are you?'))").first.wait_for()

    booked = [tab for tab in tabs if tab.get_by_role("heading", name="Booked").is_visible()]
    (told,) = (tab for tab in tabs if tab not in booked)
    assert sorted(len(client.bookings()) for client in clients) == [0, 1]
    expect(told.get_by_role("status").filter(has_text="14:30 was just taken. These are free now.")).to_be_visible()
    assert "14:30" not in shown_times(told)
    pick(told, "15:00")
    expect(told.get_by_label("Note")).to_have_value("Please be quick")
    told.get_by_role("button", name="Book 15:00").click()
    told.get_by_role("heading", name="Booked").wait_for()


def test_the_hour_that_clocks_repeat_is_shown_twice_and_told_apart(visitor: Visitor, people: People) -> None:
    shop = a_shop(people, "00:00", "05:00", horizon_days=400)

    page = visitor(shop.day(next_change(ZONE, forward=False)))

    assert [time for time in shown_times(page) if time.startswith("2:30")] == ["2:30 GMT+2", "2:30 GMT+1"]


def test_the_hour_that_clocks_leave_out_is_not_shown(visitor: Visitor, people: People) -> None:
    shop = a_shop(people, "00:00", "05:00", horizon_days=400)

    page = visitor(shop.day(next_change(ZONE, forward=True)))

    shown = shown_times(page)
    assert "1:30" in shown
    assert [time for time in shown if time.startswith("2:")] == []


@pytest.mark.parametrize(
    ("timezone_id", "locale", "first", "said"),
    [
        ("Asia/Kolkata", "en-GB", "13:30", r"\w{3},? \d+ \w+, 9:00 to 9:30, Berlin time · 13:30 for you"),
        ("America/New_York", "en-US", "3:00 AM", r"\w{3}, \w+ \d+, 9:00 AM to 9:30 AM, Berlin time · 3:00 AM for you"),
        ("Europe/Paris", "en-GB", "9:00", r"\w{3},? \d+ \w+, 9:00 to 9:30"),
        ("Asia/Kolkata", "ru-RU", "13:30", r"\w{2}, \d+ \w+, с 9:00 до 9:30 \(время: Берлин\) · у вас 13:30"),
    ],
)
def test_visitors_see_their_own_times_and_whose_the_others_are(
    visitor: Visitor, people: People, timezone_id: str, locale: str, first: str, said: str
) -> None:
    january = date(datetime.now(UTC).year + 1, 1, 13)
    shop = a_shop(people, horizon_days=400)
    page = visitor(shop.day(january), timezone_id=timezone_id, locale=locale)

    assert shown_times(page)[0] == first
    times(page).first.click()

    assert re.fullmatch(said, " ".join(page.locator(".chosen dd strong").last.inner_text().split()))


def test_a_day_of_the_visitors_may_be_two_of_the_specialists(visitor: Visitor, people: People) -> None:
    """In Auckland it is tomorrow already when Berlin opens."""
    shop = a_shop(people)
    day = soon(5)

    page = visitor(shop.day(day), timezone_id="Pacific/Auckland")
    shown = shown_times(page)

    assert any(time.startswith(("0:", "1:")) for time in shown)  # Berlin's afternoon of the day before
    assert any(time.startswith(("21:", "20:")) for time in shown)  # Berlin's morning


def test_a_booking_by_keyboard_alone(signed_in: Callable[..., Page], shop: Shop, client: Person) -> None:
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


def test_an_answer_that_is_lost_is_asked_for_again_and_the_time_is_booked_once(
    signed_in: Callable[..., Page], shop: Shop, client: Person
) -> None:
    page = signed_in(shop.day(soon(4)), expected=("Failed to load resource",))
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        if len(keys) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route("**/bookings", lose_the_first)
    pick(page, "11:00")
    page.get_by_role("button", name="Book 11:00").click()
    page.get_by_text("There is no answer yet.").wait_for()
    expect(page.get_by_role("button", name="Book 11:00")).to_be_disabled()
    page.get_by_role("button", name="Try again").click()

    page.get_by_role("heading", name="Booked").wait_for()
    assert len(client.bookings()) == 1
    assert len(set(keys)) == 1


def test_a_press_that_is_repeated_books_once(signed_in: Callable[..., Page], shop: Shop, client: Person) -> None:
    page = signed_in(shop.day(soon(4)))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    pick(page, "12:00")

    page.get_by_role("button", name="Book 12:00").dblclick()

    page.get_by_role("heading", name="Booked").wait_for()
    assert (len(sent), len(client.bookings())) == (1, 1)


def test_a_failure_is_a_sentence_with_an_id_and_what_was_typed_stays(
    signed_in: Callable[..., Page], shop: Shop
) -> None:
    page = signed_in(shop.day(soon(4)), expected=("Failed to load resource",))
    body = {"error": {"reason": "store_unavailable"}, "request_id": "id-of-the-request"}
    page.route("**/bookings", lambda route: route.fulfill(status=503, body=json.dumps(body)), times=1)
    pick(page, "13:00")
    page.get_by_label("Note").fill("Still here")
    page.get_by_role("button", name="Book 13:00").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("We are very busy.")
    expect(alert.locator("code")).to_have_text("id-of-the-request")
    expect(page.get_by_label("Note")).to_have_value("Still here")
    alert.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", name="Booked").wait_for()


def test_a_slow_api_shows_a_skeleton_and_after_eight_seconds_a_sentence(visitor: Visitor, shop: Shop) -> None:
    page = visitor()
    page.route("**/availability*", lambda _: None, times=1)

    page.goto(shop.day(soon()))

    page.locator(".picker .skeleton").wait_for()
    page.get_by_text("There is no answer yet.").wait_for(timeout=12_000)
    page.get_by_role("button", name="Try again").click()
    assert shown_times(page)


def test_being_offline_is_said(visitor: Visitor, shop: Shop) -> None:
    page = visitor(shop.day(soon()), expected=("Failed to load resource",))
    shown_times(page)

    page.context.set_offline(True)
    page.locator(".day.free").last.click()
    page.get_by_text("You are offline.").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()

    assert shown_times(page)


def test_a_full_day_offers_to_wait_for_a_time(signed_in: Callable[..., Page], people: People, client: Person) -> None:
    shop = a_shop(people, "09:00", "10:00", step_minutes=30)
    other, day = people.new("client"), soon()
    for slot in shop.person.free_slots(day, shop.haircut).values():
        other.booked(slot, service_id=shop.haircut)

    page = signed_in(shop.day(day))
    page.get_by_role("button", name="Wait for 9:30").click()
    page.get_by_role("button", name="Get in line").click()

    expect(page.get_by_role("status").filter(has_text="You are in line for")).to_be_visible()
    assert len(client.http.get("/bookings/wait-list/me").json()) == 1


def test_a_wrong_link_says_so(visitor: Visitor) -> None:
    page = visitor("/book/spc_nobody")

    expect(page.get_by_role("alert")).to_contain_text("There is nobody at this address.")


def test_signing_in_on_the_way_keeps_the_time(visitor: Visitor, shop: Shop, client: Person) -> None:
    page = visitor(shop.day(soon(4)))
    pick(page, "16:00")

    page.get_by_role("button", name="Sign in instead").click()
    page.get_by_label("Email").fill(client.email)
    page.get_by_label("Password").fill("wrong-password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Email or password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Book 16:00").click()

    page.get_by_role("heading", name="Booked").wait_for()
    assert len(client.bookings()) == 1


def test_problems_of_a_form_are_summed_up_and_stand_beside_their_fields(visitor: Visitor, shop: Shop) -> None:
    page = visitor(shop.day(soon(4)))
    pick(page, "17:00")
    page.get_by_label("Email").fill("not-an-address")
    page.get_by_role("button", name="Book 17:00").click()

    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("2 things are still missing or wrong.")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Email")).to_have_accessible_description(re.compile("An address looks like"))
    summary.get_by_role("link", name="Name").click()
    expect(page.get_by_label("Name")).to_be_focused()
    must_be_accessible(page)


@pytest.mark.parametrize(
    "query", ["day=2020-01-01", "day=2026-02-30", "day=soon", "at=noon", "at=2020-01-01T09:00:00Z"]
)
def test_an_address_that_is_old_or_mistyped_shows_what_is_free(visitor: Visitor, shop: Shop, query: str) -> None:
    page = visitor()

    page.goto(f"{shop.path}?service={shop.haircut}&{query}")

    assert shown_times(page)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
