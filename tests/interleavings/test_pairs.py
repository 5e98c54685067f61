"""Every order of the store calls of every two operations, and of the threes that tell more."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from tests.interleavings.meeting import Meeting
from tests.interleavings.meetings import pairs, triples
from tests.interleavings.operations import Operation, operations
from tests.interleavings.store import Store
from tests.interleavings.world import a_morning

type Meet = Callable[[Sequence[Operation]], Meeting]


@pytest.fixture(scope="package")
def morning(store: Store) -> dict[str, Operation]:
    return dict(operations(a_morning()))


@pytest.fixture(scope="package")
def meet(store: Store, morning: dict[str, Operation]) -> Meet:
    before = store.snapshot()
    return lambda found: Meeting(store, before, found)


def all_orders(meetings: Iterable[Meeting], figures: list[str]) -> None:
    for meeting in meetings:
        found = meeting.every_order()
        assert found.finding is None, f"{meeting.name}: {found.finding}"
        assert meeting.bounded == 0, f"{meeting.name}: an operation gave up"
        figures.append(f"{found.orders:>7} orders ({found.runs} runs): {meeting.name}")


def test_every_two_operations_keep_the_guarantees_in_every_order(
    meet: Meet, morning: dict[str, Operation], figures: list[str]
) -> None:
    all_orders(map(meet, pairs(morning)), figures)


def test_the_threes_keep_the_guarantees_in_every_order(
    meet: Meet, morning: dict[str, Operation], figures: list[str]
) -> None:
    all_orders(map(meet, triples(morning)), figures)
