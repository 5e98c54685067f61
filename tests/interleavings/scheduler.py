"""Runs operations so that exactly one goes on at a time, and somebody else decides at each store call which one.

An operation runs in a thread of its own and stops before each of its store calls. Everything passes one point: the
client that `booking.runtime.aws` hands out.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from argon2.exceptions import VerificationError
from botocore.exceptions import ClientError, ReadTimeoutError

from booking.accounts import log_in, mailed_links, passwords, recovery_limit, sessions
from booking.dynamodb import contention
from booking.runtime import aws, ids
from booking.runtime.settings import settings
from booking.slots import ids as slot_ids
from booking.slots import time_off
from booking.telemetry import metrics
from tests.integration import sweeps
from tests.interleavings.store import WRITES, Store

ATTEMPTS = 6
"""How often an operation may try again in vain before it answers that the store is busy."""


class Fault(StrEnum):
    """What can befall a store call. The values are how a schedule shows it."""

    NONE = ""
    CRASHED = "†"
    """The operation ends before the call: its function was killed."""
    LOST = "?"
    """The write happens, its answer is lost, and the SDK's own attempts are used up."""
    CONFLICT = "~"
    """The transaction meets another one on one of its items: nothing of it is written."""
    SENT_TWICE = "²"
    """The write happens, its answer is lost, and the SDK sends it again; a transaction's token makes that harmless."""


@dataclass(frozen=True, slots=True)
class Move:
    """An operation makes its next store call."""

    who: int
    fault: Fault = Fault.NONE

    def __str__(self) -> str:
        return f"{self.who}{self.fault}"


def schedule_text(moves: Sequence[Move]) -> str:
    """A schedule as it is printed."""
    return " ".join(map(str, moves))


def parsed_schedule(text: str) -> list[Move]:
    """The inverse of `schedule_text`."""
    return [Move(int(word[0]), Fault(word[1:])) for word in text.split()]


class Abandoned(BaseException):
    """Ends an operation where it stands."""


@dataclass
class Task:
    """An operation that is under way."""

    run: Callable[[], object]
    name: str
    """What it draws at random follows from it."""
    occurrence: int = 0
    """Told apart by it are the draws of an operation that is run again."""
    calls: int = 0
    pending: tuple[str, Mapping[str, Any]] | None = None
    history: int = 0
    """Stands for the answers that it has got; they determine what it does next."""
    outcome: object = None
    fault: Fault = Fault.NONE
    drawn: list[bytes] = field(default_factory=list)
    waits: int = 0
    is_ready: bool = False
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to come."""
        return self.pending is None


type Choose = Callable[["Run"], Move | None]
"""Which call is next; None abandons all operations."""


class Run:
    """One order of the store calls of some operations."""

    def __init__(self, store: Store, tasks: Sequence[Task], choose: Choose) -> None:
        self.store = store
        self.tasks = tasks
        self.moves: list[Move] = []
        self._choose = choose
        self._ready = threading.Semaphore(0)
        self._ended = threading.Semaphore(0)
        self._is_abandoned = False
        self._mistake: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether all operations are."""
        return all(task.is_over for task in self.tasks)

    @property
    def faults(self) -> list[Move]:
        """What has gone wrong in this order."""
        return [move for move in self.moves if move.fault]

    def to_the_end(self) -> bool:
        """Runs until all operations are over; False when the order was abandoned."""
        for task in self.tasks:
            _workers.start(partial(self._work, task))
            self._ready.acquire()  # it stands before its first call
        if not self.is_over:
            self._hand_over(None)
        for _ in self.tasks:
            self._ended.acquire()
        if self._mistake:
            raise self._mistake
        return not self._is_abandoned

    def call(self, task: Task, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """One store call of a task, when its turn comes."""
        if self._stops(task):
            raise Abandoned
        task.pending = (operation, parameters)
        if task.is_ready:
            self._hand_over(task)
        else:
            self._report_ready(task)
            task.turn.acquire()
        if self._stops(task):
            raise Abandoned
        return self._carry_out(task, operation, parameters)

    def _stops(self, task: Task) -> bool:
        return self._is_abandoned or task.fault is Fault.CRASHED

    def _hand_over(self, current: Task | None) -> None:
        """Lets go on who is chosen; comes back when it is `current`'s turn, if it has one."""
        move = self._chosen()
        if move is None:
            self._abandon(current)
            return
        self.moves.append(move)
        chosen = self.tasks[move.who]
        chosen.fault = move.fault
        if chosen is current:
            return
        chosen.turn.release()
        if current and not current.is_over:
            current.turn.acquire()

    def _chosen(self) -> Move | None:
        """What goes wrong in choosing is said where the run was started, not in an operation's thread."""
        try:
            return self._choose(self)
        except Exception as mistake:  # noqa: BLE001  # raised again by `to_the_end`
            self._mistake = mistake
            return None

    def _abandon(self, current: Task | None) -> None:
        self._is_abandoned = True
        for task in self.tasks:
            if not task.is_over and task is not current:
                task.turn.release()

    def _report_ready(self, task: Task) -> None:
        task.is_ready = True
        self._ready.release()

    def _carry_out(self, task: Task, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        task.calls += 1
        fault, task.fault = task.fault, Fault.NONE
        try:
            answer = self._answer(fault, operation, parameters)
        except (ClientError, ReadTimeoutError) as error:
            task.history = hash((task.history, fault, repr(getattr(error, "response", error))))
            if fault is not Fault.SENT_TWICE:
                raise
            answer = {}
        task.history = hash((task.history, fault, repr(answer)))
        if fault is Fault.SENT_TWICE:
            return self.call(task, operation, parameters)
        return answer

    def _answer(self, fault: Fault, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if fault is Fault.CONFLICT:
            raise _conflict(len(parameters["TransactItems"]))
        answer = self.store.call(operation, parameters)
        if fault is Fault.LOST:
            raise ReadTimeoutError(endpoint_url="the store's")
        return answer

    def _work(self, task: Task) -> None:
        _current.run, _current.task = self, task
        try:
            task.outcome = task.run()
        except Abandoned:
            task.outcome = None
        except Exception as error:  # noqa: BLE001  # what an operation raises is its answer
            task.outcome = error
        _current.run = None
        task.pending = None
        if not task.is_ready:
            self._report_ready(task)
        elif not self._is_abandoned and not self.is_over:
            self._hand_over(task)
        self._ended.release()


class _Workers:
    """Threads that are used again, since making one costs more than a store call."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = threading.Semaphore(0)

    def start(self, job: Callable[[], None]) -> None:
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._serve, daemon=True).start()
        self._jobs.put(job)

    def _serve(self) -> None:
        while True:
            self._jobs.get()()
            self._idle.release()


_workers = _Workers()
_current = threading.local()


def _conflict(steps: int) -> ClientError:
    reasons = [{"Code": "TransactionConflict"}, *([{"Code": "None"}] * (steps - 1))]
    answer: Any = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
    return ClientError(answer, "TransactWriteItems")


def faults_of(task: Task) -> list[Fault]:
    """What can befall the next call of a task."""
    if task.pending is None:
        return []
    operation, _ = task.pending
    found = [Fault.CRASHED] if task.calls else []
    if operation in WRITES:
        found.append(Fault.LOST)
        found.append(Fault.CONFLICT if operation == "TransactWriteItems" else Fault.SENT_TWICE)
    return found


class _Client:
    """What stands in for the SDK's client."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def _make_api_call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        run: Run | None = getattr(_current, "run", None)
        if run is None:
            return self._store.call(operation, parameters)
        return run.call(_current.task, operation, parameters)


class _Randomness:
    """Stands in for `secrets`: what an operation draws follows from its name and how much it has drawn."""

    def __init__(self) -> None:
        self.drawn_outside = 0

    def token_bytes(self, size: int) -> bytes:
        if getattr(_current, "run", None) is None:
            self.drawn_outside += 1
            return _bytes(f"outside {self.drawn_outside}", size)
        task: Task = _current.task
        if size < ids.RANDOM_BYTES:
            return _bytes(task.name, size)
        task.drawn.append(_bytes(f"{task.name} {task.occurrence} {len(task.drawn)}", size))
        return task.drawn[-1]

    def token_urlsafe(self, size: int) -> str:
        """Spelt like an id, so that it is named like one where outcomes are compared."""
        return ids.encode_id("", self.token_bytes(size))


class _Hasher:
    """Stands in for argon2, whose hashes differ each time."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, stored_hash: str, password: str) -> None:
        if stored_hash != self.hash(password):
            raise VerificationError

    def check_needs_rehash(self, _: str) -> bool:
        return False


def _bytes(of: str, size: int) -> bytes:
    return hashlib.sha256(of.encode()).digest()[:size]


@contextmanager
def calling(store: Store) -> Iterator[None]:
    """The code calls that store, draws no random numbers, and does not wait between attempts."""
    client = _Client(store)
    randomness = _Randomness()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "client", lambda service, **_: client if service == "dynamodb" else _nobody(service))
        patch.setattr(ids, "secrets", randomness)
        patch.setattr(slot_ids, "secrets", randomness)
        patch.setattr(time_off, "secrets", randomness)
        _stand_in_for_accounts(patch, randomness)
        patch.setattr(contention, "time", SimpleNamespace(sleep=_sleep, monotonic=_monotonic))
        patch.setattr(contention, "CONTENTION_BUDGET_SECONDS", ATTEMPTS - 1)
        patch.setattr(contention, "_delays", _delays)
        patch.setattr(metrics, "_add", lambda *_: None)
        patch.setattr(metrics, "_emf", SimpleNamespace(add_metric=lambda *_: None))
        one_shard = replace(settings(), timer_shards=1)  # a sweep asks each shard
        for module in (ids, sweeps):
            patch.setattr(module, "settings", lambda: one_shard)
        yield


def _stand_in_for_accounts(patch: pytest.MonkeyPatch, randomness: _Randomness) -> None:
    """Secrets are drawn like ids, and what is made of them shows them; nobody comes near a limit of attempts."""
    for module in (sessions, mailed_links):
        patch.setattr(module, "secrets", randomness)
        patch.setattr(module, "_digest", "digest of {}".format)
    patch.setattr(sessions, "issue_access_token", lambda caller, _: f"of {caller.user_id}")
    patch.setattr(passwords, "_hasher", _Hasher())
    for of_limits in (log_in, recovery_limit):
        patch.setattr(of_limits, "count_attempt", lambda *_: 0)
    patch.setattr(log_in, "forget_attempt", lambda *_: None)


def _nobody(service: str) -> Any:
    raise AssertionError(f"nobody calls {service} here")


def _delays() -> Iterator[float]:
    while True:
        yield 0.0


def _sleep(_: float) -> None:
    assert getattr(_current, "run", None) is not None, "waits for others, and there are none"
    _current.task.waits += 1


def _monotonic() -> float:
    """A second goes by with each wait, so that the budget of time is one of attempts."""
    return float(_current.task.waits) if getattr(_current, "run", None) is not None else 0.0
