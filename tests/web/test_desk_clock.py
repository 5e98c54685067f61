"""Hours on the wall clock, on the days when clocks change too: what the desk reckons before it asks the API."""

from typing import Any

import pytest

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
