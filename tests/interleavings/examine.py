"""Runs every order of line-ups, in some processes at once."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import StringIO
from multiprocessing import get_context
from os import process_cpu_count

import tests.conftest  # noqa: F401  # names the tables, before the code is imported
from booking.telemetry import log
from tests.interleavings.lineups import Lineup
from tests.interleavings.meeting import Meeting, Sequences
from tests.interleavings.planted import Term, conditions
from tests.interleavings.scheduler import calling, parsed_schedule
from tests.interleavings.search import Finding
from tests.interleavings.store import Store
from tests.interleavings.worlds import World, a_world

MOST_PROCESSES = 4


@dataclass(frozen=True)
class Task:
    """A line-up to look at, with the code as it is or without some terms of its conditions."""

    lineup: Lineup
    without: frozenset[Term] = frozenset()
    merges: bool = True


@dataclass(frozen=True)
class Examined:
    """What the search of a line-up has come to."""

    task: Task
    orders: int
    runs: int
    bounded: int
    finding: Finding | None
    met: frozenset[Term]
    failed: frozenset[Term]
    decisive: frozenset[Term]


@contextmanager
def examiners() -> Iterator["Examiners"]:
    """Processes that examine, as many as there are processors for."""
    processes = min(process_cpu_count() or 1, MOST_PROCESSES)
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_be_silent) as pool:
        yield Examiners(pool)


@dataclass(frozen=True)
class Examiners:
    """Examines line-ups elsewhere, for this process's DynamoDB is somebody else's."""

    pool: ProcessPoolExecutor

    def examine(self, tasks: Iterable[Task]) -> Iterator[Examined]:
        """In the order of the tasks."""
        return self.pool.map(examine, tasks)


def examine(task: Task) -> Examined:
    """Runs every order, or as many as it takes to find something wrong."""
    store = _store()
    with calling(store):
        meeting = _meeting(store, task)
        with conditions(store, task.without) as found:
            meeting.undisturbed = found.suspended
            figures = meeting.every_order()
    return Examined(
        task,
        figures.orders,
        figures.runs,
        meeting.bounded,
        figures.finding,
        frozenset(found.met),
        frozenset(found.failed),
        frozenset(found.decisive),
    )


def replay(task: Task, schedule: str) -> Finding | None:
    """What is wrong in the order of the line-up's calls that begins like that."""
    store = _store()
    with calling(store):
        meeting = _meeting(store, task)
        with conditions(store, task.without) as found:
            meeting.undisturbed = found.suspended
            return meeting.replay(parsed_schedule(schedule))


def _meeting(store: Store, task: Task) -> Meeting:
    world = _world(task.lineup.world)
    return Meeting(
        store,
        world.before,
        [world.operations[name] for name in task.lineup.names],
        with_faults=task.lineup.with_faults,
        merges=task.merges,
        sequences=_sequences(task.lineup),
    )


@cache
def _store() -> Store:
    return Store()


@cache
def _world(name: str) -> World:
    return a_world(_store(), name)


@cache
def _sequences(lineup: Lineup) -> Sequences:
    """What the sequences of a line-up come to, kept for when it is looked at again with a bug in it."""
    return {}


def _be_silent() -> None:
    """What breaks on purpose is logged by nobody."""
    log.logger.registered_handler.setStream(StringIO())  # type: ignore[attr-defined]  # it is one of streams
