"""Booking while the API is slow, fails or cannot be reached."""

import json

from playwright.sync_api import Route, expect

from tests.e2e.people import Person
from tests.web.booking_page import (
    Shop,
    pick,
    shown_times,
    soon,
)
from tests.web.conftest import Visitor


def test_an_answer_that_is_lost_is_asked_for_again_and_the_time_is_booked_once(
    signed_in: Visitor, shop: Shop, client: Person
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


def test_a_failure_is_a_sentence_with_an_id_and_what_was_typed_stays(signed_in: Visitor, shop: Shop) -> None:
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
