"""Booking on the page, as a client who is signed in."""

import re

import pytest
from playwright.sync_api import expect

from tests.credentials import PASSWORD
from tests.e2e.people import People, Person
from tests.web.booking_page import Shop, a_shop, pick, shown_times, soon, times
from tests.web.conftest import Visitor, must_be_accessible, must_fit


@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_a_service_a_day_and_a_time_make_a_booking(
    signed_in: Visitor, shop: Shop, client: Person, viewport: str
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


def test_all_steps_are_accessible_and_fit_on_a_phone(signed_in: Visitor, shop: Shop) -> None:
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


def test_the_address_holds_what_was_chosen(signed_in: Visitor, shop: Shop, client: Person) -> None:
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
    clients = people.several("client", 2)
    tabs = [visitor(shop.day(soon()), person=client) for client in clients]
    for tab in tabs:
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


def test_a_press_that_is_repeated_books_once(signed_in: Visitor, shop: Shop, client: Person) -> None:
    page = signed_in(shop.day(soon(4)))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    pick(page, "12:00")

    page.get_by_role("button", name="Book 12:00").dblclick()

    page.get_by_role("heading", name="Booked").wait_for()
    assert (len(sent), len(client.bookings())) == (1, 1)


def test_a_full_day_offers_to_wait_for_a_time(signed_in: Visitor, people: People, client: Person) -> None:
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
