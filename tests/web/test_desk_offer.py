"""The desk: services, the profile, the link."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.e2e.people import People, Person, good
from tests.web.booking_page import a_specialist
from tests.web.conftest import Visitor, must_be_accessible
from tests.web.desk_page import LOST, Desk, lose_the_first_answer, slots_of

IN_A_WEEK = 7


def test_a_service_is_changed_and_switched_off(desk: Desk, specialist: Person) -> None:
    specialist.offer_service(30)
    page = desk("services")
    page.get_by_role("button", name="Edit Haircut").click()
    page.get_by_label("Price").fill("cheap")
    page.get_by_role("button", name="Save the service").click()
    expect(page.get_by_role("alert")).to_contain_text("A price looks like 25 or 25.50.")
    must_be_accessible(page)
    page.get_by_label("Price").fill("30")
    page.get_by_label("Minutes free after").fill("10")
    page.get_by_role("button", name="Save the service").click()
    page.get_by_role("cell", name="€30").wait_for()
    page.get_by_role("switch", name="Offer Haircut").uncheck()
    page.get_by_text("no", exact=True).wait_for()

    (service,) = good(specialist.http.get("/specialists/me/services"))
    assert (service["price"], service["buffer_after_minutes"], service["is_active"]) == ("30.00", 10, False)


def test_a_service_whose_answer_got_lost_is_there_once(desk: Desk, specialist: Person) -> None:
    page = desk("services", expected=(LOST,))
    page.get_by_role("button", name="Add a service").click()
    page.get_by_label("Title").fill("Colouring")
    page.get_by_label("Price").fill("60")
    lose_the_first_answer(page, "/specialists/me/services")
    add = page.get_by_role("dialog").get_by_role("button", name="Add a service")
    add.click()
    page.get_by_text("There is no answer yet").wait_for()
    add.click()

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert len(good(specialist.http.get("/specialists/me/services"))) == 1
    page.get_by_role("rowheader", name="Colouring").wait_for()


def test_a_switch_that_was_refused_goes_back(desk: Desk, specialist: Person) -> None:
    specialist.offer_service(30)
    page = desk("services", expected=("Failed to load resource: the server responded with a status of 5",))
    refused = {"status": 503, "json": {"error": {"reason": "store_unavailable"}}}
    page.route("**/specialists/me/services/*", lambda route: route.fulfill(**refused))
    switch = page.get_by_role("switch", name="Offer Haircut")
    switch.click()

    page.get_by_role("alert").wait_for()
    expect(switch).to_be_checked()


def test_another_time_zone_says_first_what_it_means_for_bookings(visitor: Visitor, people: People) -> None:
    person = a_specialist(people, "Europe/Berlin")
    person.describe_week("09:00", "17:00")
    day = datetime.now(UTC).date() + timedelta(days=IN_A_WEEK)
    slot = slots_of(person, day, "Europe/Berlin")[0]
    people.new("client").booked(slot["id"])
    page = visitor("/desk#profile", person=person)
    page.get_by_label("Time zone").select_option("America/New_York")
    page.get_by_label("Description").fill("Cuts and colours")
    page.get_by_role("button", name="Save the profile").click()

    expect(page.get_by_role("alertdialog")).to_contain_text("1 booking lies outside the new hours; it stays as it is.")
    must_be_accessible(page)
    assert good(person.http.get("/specialists/me"))["time_zone"] == "Europe/Berlin"
    page.get_by_role("button", name="Save all the same").click()
    page.get_by_text("Saved.").wait_for()
    profile = good(person.http.get("/specialists/me"))
    assert (profile["time_zone"], profile["description"]) == ("America/New_York", "Cuts and colours")
    expect(page.get_by_text("Times are New York time.")).to_be_visible()


def test_the_link_and_the_snippet_are_copied(desk: Desk, specialist: Person) -> None:
    page = desk("share", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_text("Copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Copy the snippet").click()
    page.get_by_text("Copied.").wait_for()
    snippet = page.evaluate("navigator.clipboard.readText()")

    page.goto(link)
    page.get_by_role("heading", level=1).wait_for()
    assert link.endswith(f"/book/{specialist.specialist_id}")
    assert f'<booking-widget specialist="{specialist.specialist_id}"></booking-widget>' in snippet
    assert "/widget.js" in snippet
