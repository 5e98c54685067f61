"""Fixtures: a store in memory with the morning in it, and the table of what was run."""

from collections.abc import Iterator

import pytest

from tests.interleavings.scheduler import calling
from tests.interleavings.store import Store

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="package")
def store() -> Iterator[Store]:
    """The tables, in memory."""
    store = Store()
    with calling(store):
        yield store


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> list[str]:
    """What is printed at the end, line by line."""
    return request.config.stash.setdefault(_FIGURES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How many orders of store calls were run."""
    lines = config.stash.get(_FIGURES, [])
    if lines:
        terminalreporter.section("orders of store calls")
        for line in lines:
            terminalreporter.write_line(line)
