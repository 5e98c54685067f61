"""Operations that meet: what each of them may answer, and what may be stored when all are over.

Beside the guarantees, each order must come out as if the operations had been carried out one after the other, in
some sequence: the same answers, the same stored. So what was acknowledged is there, and every refusal had a cause.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import permutations

from booking.errors import BookingError, StoreUnavailable
from booking.runtime.ids import encode_id
from tests.interleavings.evidence import Evidence
from tests.interleavings.invariants import nobody_erased_is_named, violation
from tests.interleavings.operation import Operation
from tests.interleavings.scheduler import ATTEMPTS, Fault, Move, Run, Task
from tests.interleavings.search import Figures, Finding, Search
from tests.interleavings.store import Snapshot, Store
from tests.interleavings.tables import Tables, comparable

type Text = tuple[str, ...]
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What each operation answered, and what is stored at the end; `UNKNOWN` was not answered."""

    answers: Text
    stored: Text

    def is_like(self, other: "Outcome") -> bool:
        """Whether nobody can tell the two apart."""
        pairs = zip(self.answers, other.answers, strict=True)
        return self.stored == other.stored and all(UNKNOWN in pair or pair[0] == pair[1] for pair in pairs)


type Sequences = dict[tuple[int, ...], Outcome]
"""Sequences of operations, by their numbers, and what they come to."""


@dataclass
class Meeting:
    """A few operations that begin together on the same morning."""

    store: Store
    before: Snapshot
    operations: Sequence[Operation]
    with_faults: bool = True
    merges: bool = True
    sequences: Sequences = field(default_factory=dict)
    """What sequences of the operations come to, as far as that is known."""
    undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext
    """In it the operations are as they are written, whatever bug is planted."""
    bounded: int = 0
    """How many operations gave up, since others kept on writing in between."""
    _seen: dict[Text, str | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What meets."""
        return " | ".join(operation.name for operation in self.operations)

    @property
    def _now(self) -> datetime:
        return max(operation.now for operation in self.operations)

    @property
    def _may_change_bookings(self) -> bool:
        return any(operation.changes_bookings for operation in self.operations)

    def every_order(self) -> Figures:
        """Runs every order of their store calls."""
        return self._search().every_order()

    def replay(self, schedule: Sequence[Move]) -> Finding | None:
        """What is wrong in one order."""
        return self._search().replay(schedule)

    def _search(self) -> Search:
        return Search(
            self.store,
            self.before,
            lambda: [_task(operation) for operation in self.operations],
            self._look_between,
            self._look_after,
            with_faults=self.with_faults,
            merges=self.merges,
        )

    def _look_between(self, run: Run) -> str | None:
        state = run.store.state()
        if state not in self._seen:
            evidence = Evidence(Tables(self.before), Tables(run.store.snapshot()), self._now, self._may_change_bookings)
            self._seen[state] = violation(evidence)
        return self._seen[state]

    def _look_after(self, run: Run) -> str | None:
        wrong = self._look_between(run)
        for operation, task in zip(self.operations, run.tasks, strict=True):
            wrong = wrong or self._wrong_answer(operation, task)
        if wrong or not all(operation.is_one_write for operation in self.operations) or self._may_be_seen_twice(run):
            return wrong or self._erased_and_named()
        return self._as_in_no_sequence(run)

    def _erased_and_named(self) -> str | None:
        """Who is erased is named nowhere, once what goes on by itself has come again."""
        again = [_task(operation) for operation in self.operations if operation.comes_again]
        stored = self.store.snapshot()
        with self.undisturbed():
            Run(self.store, again, _first_that_is_not_over).to_the_end()
        wrong = next(nobody_erased_is_named(Tables(self.before), Tables(self.store.snapshot())), None)
        self.store.restore(stored)
        return wrong

    def _may_be_seen_twice(self, run: Run) -> bool:
        repeated = {Fault.LOST, Fault.SENT_TWICE}
        return any(move.fault in repeated and self.operations[move.who].may_answer_twice for move in run.faults)

    def _wrong_answer(self, operation: Operation, task: Task) -> str | None:
        answer = task.outcome
        if isinstance(answer, StoreUnavailable) and task.waits >= ATTEMPTS - 1:
            self.bounded += 1
            return None
        if not isinstance(answer, Exception) or isinstance(answer, operation.refusals):
            return None
        return f"{operation.name!r} answered {type(answer).__name__}: {answer}"

    def _as_in_no_sequence(self, run: Run) -> str | None:
        unknown = {who for who, _ in enumerate(run.tasks) if _is_unknown(run, who)}
        answers = [UNKNOWN if who in unknown else _answer(task) for who, task in enumerate(run.tasks)]
        outcome = self._outcome(answers, run.tasks)
        numbers = range(len(self.operations))
        wholes = [
            numbers,
            *([n for n in numbers if n != who] for who in unknown),
            *([*numbers, who] for who in unknown),
        ]
        sequences = (sequence for whole in wholes for sequence in permutations(whole))
        if any(self._one_after_the_other(sequence).is_like(outcome) for sequence in sequences):
            return None
        return f"no sequence of the operations comes to these answers and this: {outcome}"

    def _one_after_the_other(self, sequence: tuple[int, ...]) -> Outcome:
        if sequence not in self.sequences:
            stored = self.store.snapshot()
            self.store.restore(self.before)
            times = [sequence[:place].count(number) for place, number in enumerate(sequence)]
            tasks = [_task(self.operations[number], time) for number, time in zip(sequence, times, strict=True)]
            with self.undisturbed():
                Run(self.store, tasks, _first_that_is_not_over).to_the_end()
            answers = [UNKNOWN] * len(self.operations)
            for number, task in zip(sequence, tasks, strict=True):
                answers[number] = _answer(task)
            self.sequences[sequence] = self._outcome(answers, tasks)
            self.store.restore(stored)
        return self.sequences[sequence]

    def _outcome(self, answers: Sequence[str], tasks: Sequence[Task]) -> Outcome:
        """Of operations that are over, once the sweeps among them have come again."""
        again = [_task(operation) for operation in self.operations if operation.comes_again]
        Run(self.store, again, _first_that_is_not_over).to_the_end()
        known = [UNKNOWN if operation.comes_again else answers[who] for who, operation in enumerate(self.operations)]
        return _renamed(known, comparable(self.store.snapshot()), [*tasks, *again])


def _task(operation: Operation, occurrence: int = 0) -> Task:
    return Task(partial(_asked_again, operation.run), operation.name, occurrence)


def _asked_again(run: Callable[[], object]) -> object:
    """A client that learns nothing asks once more."""
    try:
        return run()
    except StoreUnavailable:
        return run()


def _is_unknown(run: Run, who: int) -> bool:
    """Whether the operation may have happened or not, or twice."""
    lost = (Move(who, Fault.CRASHED), Move(who, Fault.LOST))
    return isinstance(run.tasks[who].outcome, StoreUnavailable) or any(move in lost for move in run.faults)


def _answer(task: Task) -> str:
    answer = task.outcome
    return type(answer).__name__ if isinstance(answer, BookingError) else repr(answer)


def _renamed(answers: Sequence[str], stored: Sequence[str], tasks: Sequence[Task]) -> Outcome:
    """Ids that were drawn are named by who drew them, and as the how manieth of those that are left."""
    text = "\n".join((*answers, *stored))
    names: dict[str, str] = {}
    for task in tasks:
        left = [piece for drawn in task.drawn if (piece := encode_id("", drawn)) in text]
        names |= {piece: f"<{task.name}'s {task.occurrence + number}>" for number, piece in enumerate(left)}

    def renamed(line: str) -> str:
        for piece, name in names.items():
            line = line.replace(piece, name)
        return line

    return Outcome(tuple(map(renamed, answers)), tuple(sorted(map(renamed, stored))))


def _first_that_is_not_over(run: Run) -> Move:
    return Move(next(who for who, task in enumerate(run.tasks) if not task.is_over))
