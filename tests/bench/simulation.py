"""How late sweeps, events and mail are: their queues, shards, workers and quotas in simulated time, by SimPy.

Nothing here is measured or random: what goes in are service times and what becomes due when, what comes out is how long
it waited. All times are seconds. A sweep's rules are those of `booking.background.shards`: a dispatch sends a message
for each shard in which something is due; a worker works its shard off until it is empty, its run is over or the next
dispatch begins, and hands the rest on until then; two that come to one shard are no faster than one.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf
from typing import Any

import simpy

type Process = Generator[simpy.Event, Any]
type Done = Callable[[float, int], None]
"""Told the time when so many items are done."""


@dataclass(frozen=True, slots=True)
class Due:
    """From `at` on, so many items are due in each shard."""

    at: float
    items: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A sweep's shards, who works them off, and how long that takes.

    Runs end after `run`. All workers together do at most `capacity` items a second, for whatever they share: a table's
    quota, the processors of one machine.
    """

    shards: int
    workers: int
    every: float
    run: float
    per_item: float
    per_page: float = 0.0
    per_message: float = 0.0
    page: int = 100
    capacity: float = inf
    first_dispatch: float = 0.0


@dataclass(slots=True)
class Waited:
    """How long items waited until they were done, and when the last one was."""

    lags: list[tuple[float, int]] = field(default_factory=list)
    ended: float = 0.0

    def note(self, now: float, since: float, items: int) -> None:
        """So many items are done that were due since then."""
        self.lags.append((now - since, items))
        self.ended = max(self.ended, now)

    @property
    def items(self) -> int:
        """How many are done."""
        return sum(items for _, items in self.lags)

    @property
    def worst(self) -> float:
        """How long the one that waited longest did."""
        return max((lag for lag, _ in self.lags), default=0.0)

    def of_share(self, share: float) -> float:
        """How long that share of the items waited at most."""
        left = ceil(share * self.items)
        for lag, items in sorted(self.lags):
            left -= items
            if left <= 0:
                return lag
        return 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """That something is due in a sweep's shard; `until` the next dispatch."""

    sweep: "Sweep"
    shard: int
    until: float
    is_handed_on: bool = False


class Workers:
    """A queue of shards and those who work them off, of one sweep or of several."""

    def __init__(self, env: simpy.Environment, number: int) -> None:
        self.queue = simpy.Store(env)
        for _ in range(number):
            env.process(self._take())

    def _take(self) -> Process:
        while True:
            message: Message = yield self.queue.get()
            yield from message.sweep.work_off(message)


class Sweep:
    """A sweep's shards and its dispatcher; when items are done, `then` is told."""

    def __init__(
        self, env: simpy.Environment, setup: Setup, workers: Workers, due: Sequence[Due], then: Done | None = None
    ) -> None:
        self.waited = Waited()
        self._env, self._setup, self._queue, self._then = env, setup, workers.queue, then
        self._due = [deque[tuple[float, int]]() for _ in range(setup.shards)]
        self._to_come = len(due)
        self._shards = [simpy.Resource(env) for _ in range(setup.shards)]
        self._shared = simpy.Resource(env)
        env.process(self._become_due(due))
        env.process(self._dispatch())

    def _become_due(self, due: Sequence[Due]) -> Process:
        for some in sorted(due, key=lambda some: some.at):
            yield self._env.timeout(some.at - self._env.now)
            for shard, items in zip(self._due, some.items, strict=True):
                if items:
                    shard.append((some.at, items))
            self._to_come -= 1

    def _dispatch(self) -> Process:
        yield self._env.timeout(self._setup.first_dispatch)
        while self._to_come or any(self._due):
            until = self._env.now + self._setup.every
            for shard, due in enumerate(self._due):
                if due:
                    self._queue.put(Message(self, shard, until))
            yield self._env.timeout(self._setup.every)

    def work_off(self, message: Message) -> Process:
        """What a worker does with a message."""
        if message.is_handed_on and self._env.now >= message.until:
            return
        yield self._env.timeout(self._setup.per_message)
        end = self._env.now + self._setup.run
        if self._env.now < message.until:
            end = min(end, message.until)
        yield from self._run(message.shard, end)
        if self._due[message.shard] and self._env.now < message.until:
            self._queue.put(replace(message, is_handed_on=True))

    def _run(self, shard: int, end: float) -> Process:
        """Of two that come to one shard, the second only finds what the first has just done."""
        with self._shards[shard].request() as turn:
            yield turn | self._env.timeout(end - self._env.now)
            while turn.triggered and self._due[shard] and self._env.now < end:
                yield from self._page(shard, end)

    def _page(self, shard: int, end: float) -> Process:
        time_left = end - self._env.now - self._setup.per_page
        most = min(self._setup.page, max(1, int(time_left / self._setup.per_item)))
        since, there = self._due[shard].popleft()
        items = min(most, there)
        if items < there:
            self._due[shard].appendleft((since, there - items))
        own_time = self._env.timeout(self._setup.per_page + items * self._setup.per_item)
        with self._shared.request() as turn:
            yield turn
            yield self._env.timeout(items / self._setup.capacity)
        yield own_time
        self.waited.note(self._env.now, since, items)
        if self._then:
            self._then(self._env.now, items)


class Line:
    """What is served in order, so many a second: changes that are published, mail that is sent."""

    def __init__(self, env: simpy.Environment, rate: float, then: Done | None = None) -> None:
        self.waited = Waited()
        self._env, self._rate, self._then = env, rate, then
        self._queue = simpy.Store(env)
        env.process(self._serve())

    def join(self, now: float, items: int) -> None:
        """So many items are to be served from now on."""
        if items:
            self._queue.put((now, items))

    def joined(self, arrivals: Sequence[tuple[float, int]]) -> None:
        """At each of these times, so many items join."""
        self._env.process(self._join_later(arrivals))

    def _join_later(self, arrivals: Sequence[tuple[float, int]]) -> Process:
        for at, items in arrivals:
            yield self._env.timeout(at - self._env.now)
            self.join(at, items)

    def _serve(self) -> Process:
        while True:
            since, items = yield self._queue.get()
            yield self._env.timeout(items / self._rate)
            self.waited.note(self._env.now, since, items)
            if self._then:
                self._then(self._env.now, items)


def swept(setup: Setup, due: Sequence[Due]) -> Waited:
    """A sweep by itself, until everything is done."""
    env = simpy.Environment()
    sweep = Sweep(env, setup, Workers(env, setup.workers), due)
    env.run()
    return sweep.waited


def evenly(at: float, items: int, shards: int) -> Due:
    """Items over the shards, as a hash spreads many."""
    each, over = divmod(items, shards)
    return Due(at, [each + (shard < over) for shard in range(shards)])
