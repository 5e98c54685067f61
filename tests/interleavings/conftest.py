"""Fixtures: the line-ups as they were examined, once for all tests, and the table of what was run."""

from collections.abc import Iterator, Sequence

import pytest

from tests.interleavings.examine import Examined, Examiners, Task, examiners
from tests.interleavings.lineups import lineups

_FIGURES = pytest.StashKey[Sequence[Examined]]()


@pytest.fixture(scope="package")
def processes() -> Iterator[Examiners]:
    """They examine line-ups."""
    with examiners() as found:
        yield found


@pytest.fixture(scope="package")
def examined(processes: Examiners, request: pytest.FixtureRequest) -> Sequence[Examined]:
    """Every line-up, with the code as it is."""
    found = list(processes.examine(Task(lineup) for lineup in lineups()))
    request.config.stash[_FIGURES] = found
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How many orders of store calls were run."""
    found = config.stash.get(_FIGURES, ())
    if not found:
        return
    terminalreporter.section("orders of store calls")
    for each in found:
        faults = "" if each.task.lineup.with_faults else ", without faults"
        terminalreporter.write_line(f"{each.orders:>9,} in {each.runs:>4,} runs{faults}: {each.task.lineup}")
    orders, runs = sum(each.orders for each in found), sum(each.runs for each in found)
    gave_up = sum(each.bounded for each in found)
    terminalreporter.write_line(
        f"{orders:,} orders of {len(found)} line-ups in {runs:,} runs; operations gave up {gave_up} times"
    )
