"""Booking where clocks change, or show something else than the specialist's."""

import re
from datetime import UTC, date, datetime

import pytest

from tests.e2e.people import People
from tests.web.booking_page import ZONE, a_shop, next_change, shown_times, soon, times
from tests.web.conftest import Visitor


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
