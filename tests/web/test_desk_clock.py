"""Hours on the wall clock, on the days when clocks change too: what the desk reckons before it asks the API."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.people import WEEK
from tests.web.conftest import Visitor

ASK = "async ([name, ...asked]) => (await import(new URL('pages/-/desk-wall-clock.js', location)))[name](...asked)"
BERLIN = "Europe/Berlin"


@pytest.fixture
def ask(visitor: Visitor) -> Any:
    """Calls a function of the module, in a browser elsewhere."""
    page = visitor("/desk", timezone_id="Asia/Kolkata")
    return lambda *asked: page.evaluate(ASK, list(asked))


@pytest.mark.parametrize(
    ("day", "time", "zone", "instant"),
    [
        ("2026-07-01", "09:00", BERLIN, "2026-07-01T07:00:00Z"),
        ("2026-07-01", "24:00", BERLIN, "2026-07-01T22:00:00Z"),
        ("2026-03-29", "02:30", BERLIN, "2026-03-29T01:30:00Z"),  # is not shown by any clock
        ("2026-10-25", "02:30", BERLIN, "2026-10-25T00:30:00Z"),  # is shown twice
        ("2026-10-25", "03:30", BERLIN, "2026-10-25T02:30:00Z"),
        ("2026-11-01", "00:30", "America/New_York", "2026-11-01T04:30:00Z"),
        ("2026-01-01", "05:30", "Asia/Kolkata", "2026-01-01T00:00:00Z"),
    ],
)
def test_a_time_of_a_day_is_the_instant_that_the_api_takes_it_for(
    ask: Any, day: str, time: str, zone: str, instant: str
) -> None:
    assert ask("instantOf", day, time, zone) == instant


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-07-01T07:00:00Z", "2026-07-01T07:45:00Z", [540, 585]),
        ("2026-07-01T21:30:00Z", "2026-07-01T22:00:00Z", [1410, 1440]),
        ("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", [90, 210]),  # an hour, as the clocks go forward
    ],
)
def test_a_booking_takes_what_the_clocks_show_of_its_day(ask: Any, start: str, end: str, minutes: list[int]) -> None:
    assert ask("spanOnClock", {"slot_start_at": start, "slot_end_at": end}, BERLIN) == minutes


@pytest.mark.parametrize(
    ("intervals", "faults"),
    [
        ([("09:00", "13:00"), ("13:00", "24:00")], {}),
        ([("09:00", "09:00")], {"0": "reversed"}),
        ([("09:00", "")], {"0": "missing"}),
        ([("09:00", "13:00"), ("12:00", "14:00")], {"1": "overlap"}),
        ([("12:00", "14:00"), ("09:00", "13:00")], {"1": "overlap"}),
    ],
)
def test_what_is_wrong_with_intervals_is_said_of_each(
    ask: Any, intervals: list[tuple[str, str]], faults: dict[str, str]
) -> None:
    assert ask("faultsOf", [{"from": start, "to": end} for start, end in intervals]) == faults


SCHEDULE = {
    "hours": {day: [{"from": "02:00", "to": "12:00"}] for day in WEEK},
    "slot_minutes": 60,
    "step_minutes": 30,
    "min_notice_minutes": 120,
    "horizon_days": 30,
}
NOW = "2026-10-23T23:00:00Z"
"""The night before the one in which clocks in Berlin go back."""
OPENED_BY_HAND = """async ([slots, schedule, now]) => (await import(new URL('pages/-/desk-wall-clock.js', location)))
  .openedByHand(slots, { ...schedule, dates: new Map() }, "Europe/Berlin", Date.parse(now))"""


def opened_by_hand(page: Page, *slots: dict[str, Any]) -> Any:
    return page.evaluate(OPENED_BY_HAND, [slots, SCHEDULE, NOW])


def slot(start: str, end: str, *, is_booked: bool = False) -> dict[str, Any]:
    return {"start_at": f"2026-{start}:00Z", "end_at": f"2026-{end}:00Z", "is_booked": is_booked}


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("10-24T07:30", "10-24T08:30", 0),
        ("10-25T02:30", "10-25T03:30", 0),  # 2 h 30 min after 2:00, which clocks show twice
        ("10-24T07:45", "10-24T08:45", 1),  # not in steps
        ("10-24T07:30", "10-24T08:00", 1),  # not as long
        ("10-24T15:30", "10-24T16:30", 1),  # not within the hours
        ("10-24T00:30", "10-24T01:30", 1),  # too soon for clients
        ("11-26T08:00", "11-26T09:00", 1),  # too far ahead
    ],
)
def test_a_free_slot_that_hours_do_not_make_was_opened_by_hand(
    visitor: Visitor, start: str, end: str, found: int
) -> None:
    listed = slot(start, end)
    assert opened_by_hand(visitor("/desk"), listed) == [listed] * found


def test_a_free_slot_beside_a_booked_one_of_the_hours_was_opened_by_hand(visitor: Visitor) -> None:
    times = ("10-24T07:30", "10-24T08:30")
    assert opened_by_hand(visitor("/desk"), slot(*times, is_booked=True), slot(*times)) == [slot(*times)]


@pytest.mark.parametrize(
    ("spans", "lanes"),
    [
        ([(540, 600), (600, 660)], [(0, 1), (0, 1)]),
        ([(540, 600), (540, 600)], [(0, 2), (1, 2)]),
        ([(540, 660), (570, 600), (600, 630), (660, 690)], [(0, 2), (1, 2), (1, 2), (0, 1)]),
        ([(540, 660), (540, 570), (550, 600), (580, 600)], [(0, 3), (1, 3), (2, 3), (1, 3)]),
    ],
)
def test_what_overlaps_is_put_side_by_side(
    ask: Any, spans: list[tuple[int, int]], lanes: list[tuple[int, int]]
) -> None:
    assert [(place["lane"], place["of"]) for place in ask("besideEachOther", spans)] == lanes
