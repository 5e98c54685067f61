"""docs/performance.md and docs/scale.md say what was measured, and of every table what bounds it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import ROOT
from tests.bench import figures, report
from tests.bench.at_rest import HOURS, Idle, Part, Schedule, parts, schedules
from tests.bench.lags import Size, about_to_start, changed, started
from tests.bench.verdicts import BUDGETS, Verdict, month, of_counts, of_figures
from tests.unit.template_model import indexes, of_type

SCALE = (ROOT / "docs" / "scale.md").read_text()


@pytest.mark.parametrize("page", report.PAGES, ids=lambda page: page.name)
def test_pages_are_what_their_figures_say(page: Path) -> None:
    """After a measurement `tests.bench.report` writes them anew; nobody edits a figure by hand."""
    text = page.read_text()

    assert report.filled(text, figures.all_kept()) == text


def test_the_pages_show_every_table_and_every_plot() -> None:
    text = "".join(page.read_text() for page in report.PAGES)

    assert set(re.findall(r"<!-- figures: (\w+) -->", text)) == report.TABLES.keys()
    assert {f"figures/{name}" for name in re.findall(r"\(figures/([^)]+)\)", text)} == {
        f"figures/{plot.name}" for plot in figures.FOLDER.glob("*.svg")
    }


def test_figures_name_no_host_and_no_path() -> None:
    for file in figures.FOLDER.iterdir():
        text = re.sub(r"http://www\.w3\.org/[\w./]+", "", file.read_text())  # the names of SVG's own words
        assert "://" not in text, file.name
        assert str(ROOT) not in text, file.name


def test_every_partition_key_has_a_row_that_says_what_bounds_it() -> None:
    keys = {
        (table, "", _partition(block["Properties"]["KeySchema"])) for table, block in of_type("AWS::DynamoDB::Table")
    }
    keys |= {
        (table, index, _partition(schema))
        for table, block in of_type("AWS::DynamoDB::Table")
        for index, schema in indexes(block).items()
    }

    rows = re.findall(r"^\| `(\w+Table)`(?: `(\w+)`)? \| `(\w+)`(.*)$", SCALE, re.MULTILINE)

    assert sorted((table, index, key) for table, index, key, _ in rows) == sorted(keys)
    assert all(len([cell for cell in rest.split("|") if len(cell) > 5]) >= 2 for *_, rest in rows)


def test_every_count_has_a_budget() -> None:
    found = figures.all_kept()

    assert [one["operation"] for one in found["operations"]["operations"]] == [*BUDGETS["operations"]]
    assert all(verdict.is_kept for verdict in of_counts(found["operations"]["operations"], found["reads"]))


def test_a_figure_over_its_budget_is_not_kept() -> None:
    assert [Verdict("what", found, 2.0).is_kept for found in (1.9, 2.0, 2.1)] == [True, True, False]
    backlog = {"backlog": {"ratio": 0.69}}
    assert [verdict.is_kept for verdict in of_figures(backlog)] == [False]


def test_what_is_free_is_taken_off_once_and_monitoring_counts_where_it_is() -> None:
    costs = [
        Part("polls", 1_500_000, 0.4e-6, free=1_000_000).figures(),
        Part("alarms", 20, 0.1, free=10, is_monitoring=True).figures(),
    ]

    sums = [month(costs, price, monitored=monitored) for monitored in (False, True) for price in ("list", "after_free")]

    assert sums == pytest.approx([0.6, 0.2, 2.6, 1.2])


def test_a_stack_at_rest_is_what_its_templates_hold_and_its_schedules_run() -> None:
    every = list(schedules())
    runs = sum(schedule.runs for schedule in every)

    found = {part.name: part.amount for part in parts([_idle(schedule) for schedule in every], 1.0, 1.0, 1.0)}

    assert runs == HOURS * 60 / 5 + HOURS * 60 / 10 + HOURS * 60  # expiry, reminders, lapses of holds
    assert found["scheduled invocations"] == runs
    assert found["their read units"] == 2 * runs
    assert found["own metrics at rest"] == 1
    assert found["secrets"] == len([*of_type("AWS::SecretsManager::Secret")])


@given(st.integers(0, 10_000_000))
def test_a_day_has_all_its_bookings(bookings: int) -> None:
    size = Size("any", 16, 16, 2, 10)

    expiries, reminders = ([sum(due.items) for due in dues(bookings, size)] for dues in (started, about_to_start))

    assert sum(expiries) == pytest.approx(0.85 * bookings, abs=len(expiries))
    assert sum(reminders) == sum(expiries)
    assert sum(number for _, number in changed(bookings)) == pytest.approx(1.2 * bookings, abs=1)


def _partition(schema: Sequence[Mapping[str, str]]) -> str:
    return next(key["AttributeName"] for key in schema if key["KeyType"] == "HASH")


def _idle(schedule: Schedule) -> Idle:
    return Idle(schedule, 0.1, 2.0, 500.0, frozenset({"a_metric"}))
