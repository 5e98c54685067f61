"""The desk: what is done with a booking, and booking for somebody on the phone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from tests.e2e.deployed import DeployedStack
from tests.e2e.people import People, Person, good
from tests.web.booking_page import ZONE, a_specialist, next_change
from tests.web.conftest import Visitor, must_be_accessible
from tests.web.desk_page import LOST, Desk, booking_of, entry, local_time, lose_the_first_answer, slots_of


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


def test_a_booking_is_opened_by_keys_and_says_who_when_and_what(
    desk: Desk, anna: Person, booking: dict[str, Any]
) -> None:
    page = desk()
    entry(page, "Anna Berg").focus()
    page.keyboard.press("Enter")

    sheet = page.get_by_role("dialog", name="Anna Berg")
    for words in ("Haircut", "€25", "Second floor", "+4930123456", anna.email, "Booked"):
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
    desk: Desk, anna: Person, specialist: Person, booking: dict[str, Any]
) -> None:
    page = desk()
    entry(page, "Anna Berg").click()
    page.get_by_role("button", name="Move").click()
    page.get_by_role("radio").first.check(force=True)
    good(anna.cancel(booking["id"]))
    page.get_by_role("button", name="Move it there").click()

    expect(page.get_by_role("alert")).to_contain_text("so it cannot be moved")
    expect(page.get_by_role("dialog")).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Move it there")).to_be_hidden()
    assert booking_of(specialist, booking["id"])["slot_id"] == booking["slot_id"]


def test_what_is_held_is_confirmed(desk: Desk, specialist: Person, anna: Person, zone: str, today: date) -> None:
    slot = slots_of(specialist, today, zone)[-1]
    held = good(anna.http.post("/bookings", json={"slot_id": slot["id"], "hold_seconds": 600}), 201)
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


def test_somebody_elses_booking_does_not_open(desk: Desk, people: People, anna: Person, today: date) -> None:
    other = people.new("specialist")
    booking = anna.booked(other.open_slot())

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


def test_times_that_clocks_show_twice_say_which_is_which(visitor: Visitor, people: People) -> None:
    day = next_change(ZONE, forward=False)
    person = a_specialist(people, ZONE)
    person.describe_week("00:00", "06:00", horizon_days=400, step_minutes=30)
    page = visitor(f"/desk#day/{day}/new", person=person, timezone_id="Asia/Kolkata")

    for time in ("2:00 GMT+2", "2:30 GMT+2", "2:00 GMT+1", "2:30 GMT+1", "3:00"):
        page.get_by_role("radio", name=time, exact=True).wait_for()
