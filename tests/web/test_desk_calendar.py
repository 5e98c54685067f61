"""The desk: the day and the week."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.people import People, Person, good
from tests.web.booking_page import ZONE, a_specialist, next_change
from tests.web.conftest import Visitor, must_be_accessible, must_fit
from tests.web.desk_page import Desk, entry, local_time, slots_of


def test_the_day_is_a_list_by_hour_with_the_next_one_marked(
    desk: Desk, specialist: Person, anna: Person, booking: dict[str, Any], zone: str, today: date
) -> None:
    later = slots_of(specialist, today, zone)[-1]
    anna.booked(later["id"])

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


@pytest.mark.parametrize("view", ["Day", "Week"])
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


def test_free_slots_that_were_opened_by_hand_stand_in_the_week(
    desk: Desk, specialist: Person, zone: str, today: date
) -> None:
    specialist.describe_week("09:00", "12:00")
    there = ZoneInfo(zone)
    day = today + timedelta(days=7)
    for hour in (10, 15):  # as the hours have it, and outside of them
        specialist.open_slot(datetime(day.year, day.month, day.day, hour, tzinfo=there), timedelta(hours=1))

    page = desk(f"week/{day}")

    free = page.locator(".entry.free")
    expect(free).to_have_count(2)
    expect(free.first).to_have_text("10:00–11:00 free")
    expect(free.last.locator("xpath=..")).to_have_attribute("data-at", "900-960")
    must_be_accessible(page)
    free.last.click()
    expect(page.get_by_role("dialog", name="Book for somebody").get_by_label("Day", exact=True)).to_have_value(f"{day}")


def test_bookings_in_the_hour_that_clocks_repeat_stand_side_by_side(visitor: Visitor, people: People) -> None:
    day = next_change(ZONE, forward=False)
    person = a_specialist(people, ZONE, "00:00", "06:00", horizon_days=400, slot_minutes=30, step_minutes=30)
    slots = [slot for slot in slots_of(person, day, ZONE) if local_time(slot["start_at"], ZONE) == "2:30"]
    for slot, client in zip(slots, people.several("client", 2), strict=True):
        client.booked(slot["id"])

    page = visitor(f"/desk#week/{day}", person=person, timezone_id="Asia/Kolkata")

    first, second = (entry(page, f"2:30 {offset}").bounding_box() for offset in ("GMT+2", "GMT+1"))
    assert first
    assert second
    assert first["y"] == second["y"]
    assert first["x"] + first["width"] <= second["x"]
