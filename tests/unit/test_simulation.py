"""The simulation of sweeps and lines on cases whose answer is known."""

from dataclasses import replace

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.simulation import Due, Line, Setup, Waited, evenly, swept

SETUP = Setup(shards=1, workers=1, every=300.0, run=45.0, per_item=0.01, per_page=0.5, per_message=1.0)


def test_one_worker_takes_its_message_then_its_pages_then_their_items() -> None:
    waited = swept(SETUP, [Due(0.0, [250])])

    assert waited.ended == pytest.approx(1.0 + 3 * 0.5 + 250 * 0.01)
    assert (waited.items, waited.worst) == (250, waited.ended)


def test_shards_are_worked_off_side_by_side_by_as_many_workers() -> None:
    setup = replace(SETUP, shards=4)
    due = [Due(0.0, [100] * 4)]

    by_one, by_two, by_four = (swept(replace(setup, workers=workers), due).ended for workers in (1, 2, 4))

    assert (by_one, by_two, by_four) == pytest.approx((10.0, 5.0, 2.5))


def test_more_workers_than_shards_are_no_faster() -> None:
    due = [Due(0.0, [1000])]

    assert swept(replace(SETUP, workers=8), due).ended == swept(SETUP, due).ended


def test_what_all_share_bounds_what_all_do() -> None:
    setup = replace(SETUP, shards=10, workers=10, per_page=0.0, per_message=0.0, capacity=200.0)

    waited = swept(setup, [Due(0.0, [1000] * 10)])

    assert waited.ended == pytest.approx(10_000 / 200)


def test_a_run_that_is_over_hands_its_shard_on() -> None:
    setup = replace(SETUP, per_page=0.0, per_item=0.1)

    waited = swept(setup, [Due(0.0, [1000])])

    assert waited.ended == pytest.approx(3 * 1.0 + 1000 * 0.1)  # three runs of at most 45 s


def test_what_becomes_due_waits_for_the_next_dispatch() -> None:
    waited = swept(SETUP, [Due(0.0, [1]), Due(10.0, [1])])

    assert waited.worst == pytest.approx(300.0 - 10.0 + 1.0 + 0.5 + 0.01)


def test_a_shard_does_not_wait_for_another_that_is_far_behind() -> None:
    setup = replace(SETUP, shards=2, workers=2, per_page=0.0)
    busy = [Due(0.0, [100_000, 0])]

    with_another = swept(setup, [*busy, Due(299.0, [0, 10])])

    (lag,) = [lag for lag, items in with_another.lags if items == 10]
    assert lag == pytest.approx(1.0 + 1.0 + 0.1)


def test_a_line_serves_in_order_at_its_rate_and_tells_of_it() -> None:
    env = simpy.Environment()
    served: list[tuple[float, float]] = []
    line = Line(env, 10.0, lambda now, items: served.append((now, items)))

    line.joined([(0.0, 100), (5.0, 50)])
    env.run()

    assert served == [(10.0, 100), (15.0, 50)]
    assert (line.waited.worst, line.waited.items) == (10.0, 150)


def test_the_lag_of_a_share_is_what_that_share_waited_at_most() -> None:
    waited = Waited([(9.0, 1), (1.0, 98), (3.0, 1)])

    assert [waited.of_share(share) for share in (0.5, 0.99, 1.0)] == [1.0, 3.0, 9.0]


def test_a_hash_spreads_many_evenly() -> None:
    assert evenly(0.0, 10, 4) == Due(0.0, [3, 3, 2, 2])


setups = st.builds(
    Setup,
    shards=st.integers(1, 6),
    workers=st.integers(1, 6),
    every=st.sampled_from([60.0, 300.0]),
    run=st.sampled_from([5.0, 45.0]),
    per_item=st.floats(0.001, 0.2),
    per_page=st.floats(0, 0.1),
    per_message=st.floats(0, 2),
    capacity=st.sampled_from([50.0, 1000.0]),
    first_dispatch=st.floats(0, 60),
)


@given(setups, st.lists(st.tuples(st.floats(0, 2000), st.integers(0, 3000)), max_size=5))
def test_nothing_is_lost_or_done_twice_and_nobody_works_faster_than_they_can(
    setup: Setup, arrivals: list[tuple[float, int]]
) -> None:
    due = [evenly(at, items, setup.shards) for at, items in arrivals]
    items = sum(items for _, items in arrivals)

    waited = swept(setup, due)

    assert waited.items == items
    assert all(lag >= 0 for lag, _ in waited.lags)
    if items:
        first = min(at for at, items in arrivals if items)
        at_once = min(setup.shards, setup.workers)
        assert waited.ended - first >= max(items * setup.per_item / at_once, items / setup.capacity) - 1e-6


@given(setups, st.integers(1, 3000))
def test_no_worker_rests_while_its_shard_has_work(setup: Setup, items: int) -> None:
    """With a worker for each shard, only messages and pages come on top of the longest shard's items."""
    setup = replace(setup, workers=setup.shards, capacity=1e9, first_dispatch=0.0)
    longest = -(-items // setup.shards)
    busy = longest * setup.per_item + -(-longest // setup.page) * setup.per_page
    runs = 2 * (busy // min(setup.run, setup.every) + 1) + busy // setup.every

    waited = swept(setup, [evenly(0.0, items, setup.shards)])

    assert waited.ended <= busy + runs * (setup.per_message + setup.per_page + setup.per_item) + setup.every
