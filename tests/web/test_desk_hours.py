"""The desk: hours and days off, and what saving would mean, said before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.people import People, Person, good
from tests.web.conftest import must_be_accessible, must_fit
from tests.web.desk_page import Desk, booking_of, slots_of

IN_A_WEEK = 7


@pytest.fixture
def booking(specialist: Person, people: People, zone: str) -> dict[str, Any]:
    """At noon in a week."""
    day = datetime.now(ZoneInfo(zone)).date() + timedelta(days=IN_A_WEEK)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    starts = noon.strftime("%Y-%m-%dT%H:%M:%SZ")
    slot = next(slot for slot in slots_of(specialist, day, zone) if slot["start_at"] == starts)
    return people.new("client").booked(slot["id"])


def local_day(booking: dict[str, Any], zone: str) -> datetime:
    return datetime.fromisoformat(booking["slot_start_at"]).astimezone(ZoneInfo(zone))


def hours_of(person: Person) -> dict[str, Any]:
    hours: dict[str, Any] = good(person.http.get("/specialists/me/schedule"))["hours"]
    return hours


def dates_of(person: Person) -> dict[str, Any]:
    return {day["date"]: day["hours"] for day in good(person.http.get("/specialists/me/schedule/dates"))}


def set_time(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)


def test_hours_that_leave_a_booking_outside_say_so_before_they_are_saved(
    desk: Desk, specialist: Person, booking: dict[str, Any], zone: str
) -> None:
    weekday = f"{local_day(booking, zone):%A}"
    page = desk("hours")
    set_time(page, f"{weekday}, interval 1, from", "14:00")
    page.get_by_role("button", name="Save hours").click()

    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("1 booking lies outside the new hours; it stays as it is.")
    expect(asked).to_be_focused()
    must_be_accessible(page)
    assert hours_of(specialist)[weekday[:3].lower()] == [{"from": "00:00", "to": "24:00"}]
    page.get_by_role("button", name="Go on editing").click()
    set_time(page, f"{weekday}, interval 1, from", "15:00")
    page.get_by_role("button", name="Save hours").click()
    page.get_by_role("button", name="Save all the same").click()

    page.get_by_text("Clients see these hours at once").wait_for()
    expect(page.get_by_role("status").filter(has_text="1 booking lies outside")).to_be_visible()
    assert hours_of(specialist)[weekday[:3].lower()] == [{"from": "15:00", "to": "24:00"}]
    assert booking_of(specialist, booking["id"])["status"] == "confirmed"


def test_hours_that_no_booking_minds_are_saved_at_once_with_the_rules(desk: Desk, specialist: Person) -> None:
    page = desk("hours", viewport="phone")
    page.get_by_role("button", name="Add hours to Tuesday").click()
    set_time(page, "Tuesday, interval 1, to", "12:30")
    set_time(page, "Tuesday, interval 2, from", "13:30")
    set_time(page, "Tuesday, interval 2, to", "00:00")
    page.get_by_role("button", name="Copy to all days: Tuesday").click()
    page.get_by_role("button", name="Remove interval 1 of Sunday").click()
    page.get_by_text("Rules of booking").click()
    page.get_by_label("Clients book at least so long before").select_option("2 h")
    must_be_accessible(page)
    must_fit(page)
    page.get_by_role("button", name="Save hours").click()

    page.get_by_text("Clients see these hours at once").wait_for()
    both = [{"from": "00:00", "to": "12:30"}, {"from": "13:30", "to": "24:00"}]
    schedule = good(specialist.http.get("/specialists/me/schedule"))
    assert schedule["hours"]["fri"] == both
    assert schedule["hours"]["sun"] == both[1:]
    assert schedule["min_notice_minutes"] == 120


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [("12:00", "11:00", "It ends before it begins."), ("", "11:00", "Both times have to be filled in.")],
)
def test_hours_that_cannot_be_are_said_beside_them(
    desk: Desk, specialist: Person, start: str, end: str, sentence: str
) -> None:
    page = desk("hours")
    set_time(page, "Friday, interval 1, to", end)
    set_time(page, "Friday, interval 1, from", start)
    page.get_by_role("button", name="Save hours").click()

    expect(page.get_by_role("group", name="Friday")).to_contain_text(sentence)
    must_be_accessible(page)
    assert hours_of(specialist)["fri"] == [{"from": "00:00", "to": "24:00"}]


def test_a_day_is_taken_off_on_the_month_by_keys_and_given_back(
    desk: Desk, specialist: Person, booking: dict[str, Any], zone: str
) -> None:
    day = local_day(booking, zone).date()
    page = desk("dates")
    page.locator("[data-day][tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"[data-day='{day}']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#chosen-day")).to_be_focused()
    page.get_by_role("button", name="Take the day off").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("1 booking lies outside")
    assert dates_of(specialist) == {}
    page.get_by_role("button", name="Save all the same").click()
    page.get_by_text("Saved.").wait_for()

    assert dates_of(specialist) == {f"{day}": []}
    expect(page.locator(f"[data-day='{day}']")).to_have_accessible_name(f"{day:%A} {day.day} {day:%B}, day off, Closed")
    must_be_accessible(page)
    page.get_by_role("button", name="As every week again").click()
    page.get_by_text("As every week.", exact=True).wait_for()
    assert dates_of(specialist) == {}
    assert booking_of(specialist, booking["id"])["status"] == "confirmed"


def test_holidays_are_taken_in_one_go(desk: Desk, specialist: Person, zone: str) -> None:
    first = datetime.now(ZoneInfo(zone)).date() + timedelta(days=20)
    last = first + timedelta(days=2)
    page = desk("dates", viewport="phone")
    page.get_by_label("First day off").fill(f"{last}")
    page.get_by_label("Last day off").fill(f"{first}")
    page.get_by_role("button", name="Take these days off").click()
    expect(page.get_by_role("alert")).to_contain_text("The last day is before the first one.")
    must_be_accessible(page)
    page.get_by_label("First day off").fill(f"{first}")
    page.get_by_label("Last day off").fill(f"{last}")
    page.get_by_role("button", name="Take these days off").click()

    page.get_by_text("Saved.").wait_for()
    assert dates_of(specialist) == {f"{first + timedelta(days=n)}": [] for n in range(3)}
    must_fit(page)


def test_time_off_is_added_refused_where_something_is_booked_and_removed(
    desk: Desk, specialist: Person, booking: dict[str, Any], zone: str
) -> None:
    page = desk("dates")

    def take_off(start: str, end: str) -> None:
        page.get_by_label("Day", exact=True).fill(f"{local_day(booking, zone):%F}")
        page.get_by_label("From", exact=True).fill(start)
        page.get_by_label("To", exact=True).fill(end)
        page.get_by_role("button", name="Add time off").click()

    take_off("11:30", "12:30")
    expect(page.get_by_role("alert")).to_contain_text("That time is taken.")
    take_off("15:00", "16:00")
    page.get_by_text("Saved.").wait_for()
    (time_off,) = good(specialist.http.get("/specialists/me/time-off"))
    assert local_day({"slot_start_at": time_off["start_at"]}, zone).hour == 15
    page.get_by_role("button", name="Remove time off").click()
    page.get_by_text("Removed.").wait_for()
    assert good(specialist.http.get("/specialists/me/time-off")) == []


def test_what_is_not_saved_stays_while_another_view_is_looked_at(desk: Desk, specialist: Person) -> None:
    page = desk("hours")
    page.get_by_role("button", name="Remove interval 1 of Sunday").click()
    page.get_by_role("link", name="Profile").click()
    page.get_by_label("Description").fill("Cuts and colours")
    page.get_by_role("link", name="Week").click()
    expect(page.get_by_role("link", name="Hours not saved")).to_be_visible()
    expect(page.get_by_role("link", name="Profile not saved")).to_be_visible()
    must_be_accessible(page)

    page.get_by_role("link", name="Hours not saved").click()
    expect(page.get_by_role("group", name="Sunday")).to_contain_text("Closed")
    page.get_by_role("button", name="Save hours").click()
    page.get_by_text("Clients see these hours at once").wait_for()
    page.get_by_role("link", name="Profile not saved").click()
    page.get_by_role("button", name="Save the profile").click()

    page.get_by_text("Saved.").wait_for()
    assert hours_of(specialist)["sun"] == []
    assert good(specialist.http.get("/specialists/me"))["description"] == "Cuts and colours"
    page.get_by_role("link", name="Week").click()
    expect(page.get_by_role("link", name="not saved")).to_have_count(0)


def test_closing_the_tab_is_asked_about_while_hours_are_not_saved(desk: Desk) -> None:
    page = desk("hours")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("button", name="Copy to all days: Monday").click()
    page.get_by_role("link", name="Week").click()
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    page.get_by_role("link", name="Hours not saved").click()
    page.get_by_role("button", name="Save hours").click()
    page.get_by_text("Clients see these hours at once").wait_for()

    with page.expect_event("close"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_hours_that_were_changed_elsewhere_are_not_replaced_without_a_word(desk: Desk, specialist: Person) -> None:
    page = desk("hours")
    page.get_by_role("button", name="Remove interval 1 of Sunday").click()
    stored = good(specialist.http.get("/specialists/me/schedule"))
    elsewhere = {**stored["hours"], "mon": [{"from": "10:00", "to": "11:00"}]}
    good(specialist.http.put("/specialists/me/schedule", json={"hours": elsewhere}))

    page.get_by_role("button", name="Save hours").click()

    page.get_by_text("The hours were changed elsewhere").wait_for()
    assert good(specialist.http.get("/specialists/me/schedule"))["hours"] == elsewhere
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("not saved")).to_have_count(0)
    expect(page.get_by_role("group", name="Sunday")).not_to_contain_text("Closed")


def test_what_is_typed_into_one_form_of_a_view_is_unsaved_until_that_form_is_saved(desk: Desk, today: date) -> None:
    page = desk("dates")
    page.get_by_label("First day off").fill(str(today + timedelta(days=40)))
    page.get_by_label("Day", exact=True).fill(str(today + timedelta(days=3)))
    page.get_by_label("From", exact=True).fill("12:00")
    page.get_by_label("To", exact=True).fill("13:00")

    page.get_by_role("button", name="Add time off").click()

    page.get_by_text("Saved").first.wait_for()
    page.get_by_role("link", name="Week").click()
    expect(page.get_by_role("link", name="not saved")).to_be_visible()
