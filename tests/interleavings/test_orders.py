"""Every order of the store calls of operations that meet keeps the guarantees."""

from collections.abc import Sequence

import pytest

from tests.interleavings.examine import Examined, Task, examine, replay
from tests.interleavings.lineups import Lineup
from tests.interleavings.planted import Term
from tests.interleavings.worlds import HOURS, OPENED

WAITERS = Term(
    "slots.table.release < bookings.free_time._release_slot",
    "update",
    "SlotItem",
    "(attribute_not_exists (waiters) OR waiters = …)",
)


def test_every_order_keeps_the_guarantees(examined: Sequence[Examined]) -> None:
    broken = [f"{each.task.lineup}: {each.finding}" for each in examined if each.finding]
    assert not broken, "\n".join(broken)


def test_no_operation_gives_up_because_of_the_others(examined: Sequence[Examined]) -> None:
    assert [str(each.task.lineup) for each in examined if each.bounded] == []


@pytest.mark.parametrize(
    "lineup",
    [
        Lineup(OPENED, ("cancel 10:00", "Eve waits for 10:00")),
        Lineup(OPENED, ("open 12:00", "open 12:30")),
        Lineup(HOURS, ("book a trim at 10:00", "time off at 10:00")),
    ],
    ids=str,
)
def test_orders_that_are_counted_without_being_run_come_to_nothing_else(lineup: Lineup) -> None:
    merged, literal = examine(Task(lineup)), examine(Task(lineup, merges=False))

    assert merged.orders == literal.orders == literal.runs > merged.runs
    assert merged.finding == literal.finding is None


def test_an_order_that_breaks_a_guarantee_is_printed_and_can_be_run_again() -> None:
    bug = Task(Lineup(OPENED, ("cancel 10:00", "Eve waits for 10:00")), frozenset({WAITERS}))

    finding = examine(bug).finding

    assert finding is not None
    assert (
        finding.what
        == "4 nobody waits for a free slot: eve@example.com waits for slot#2030-03-01T10:00:00.000000Z, which is free"
    )
    assert replay(bug, finding.schedule) == finding
    assert replay(Task(bug.lineup), finding.schedule) is None
