"""Tries every order of the store calls of some operations, depth first.

An order is run from the beginning each time: what is stored is put back, the choices made so far are made again. Where
an order comes to a point at which the store and all operations stand as they stood in an earlier one, everything that
can follow has been looked at, so it is counted and not run again (`merges=False` runs all of it).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.interleavings.scheduler import Move, Run, Task, faults_of, schedule_text
from tests.interleavings.store import Snapshot, Store

type Node = tuple[object, ...]
type Look = Callable[[Run], str | None]
"""What is wrong with how things stand, if anything."""
ROOT: Node = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and the order of calls that leads there."""

    what: str
    schedule: str


@dataclass
class Figures:
    """What a search has seen: how many orders there are, how many it had to run, and what was wrong in one of them."""

    orders: int = 0
    runs: int = 0
    finding: Finding | None = None


@dataclass
class Search:
    """One set of operations, started over for each order.

    `look_between` looks at how things stand after each call, `look_after` when all operations are over.
    """

    store: Store
    before: Snapshot
    start: Callable[[], Sequence[Task]]
    look_between: Look
    look_after: Look
    with_faults: bool = True
    merges: bool = True
    figures: Figures = field(default_factory=Figures)
    _followers: dict[Node, dict[Move, Node]] = field(default_factory=lambda: {ROOT: {}})
    _waiting: list[tuple[Node, Sequence[Move]]] = field(default_factory=list)

    def every_order(self) -> Figures:
        """Runs all of them, or until something is wrong."""
        self._run(ROOT, ())
        while self._waiting and not self.figures.finding:
            self._run(*self._waiting.pop())
        if not self.figures.finding:
            self.figures.orders = self._orders_from(ROOT, {})
        return self.figures

    def replay(self, schedule: Sequence[Move]) -> Finding | None:
        """What is wrong in the order that begins like that."""
        self.store.restore(self.before)
        left = list(schedule)

        def choose(run: Run) -> Move | None:
            if left:
                return left.pop(0)
            return None if self._report(run, self.look_between(run)) else self._moves(run)[0]

        run = Run(self.store, self.start(), choose)
        if run.to_the_end():
            self._report(run, self.look_after(run))
        return self.figures.finding

    def _run(self, parent: Node, beginning: Sequence[Move]) -> None:
        """The order that begins like that and then goes on as it is shortest to say."""
        self.store.restore(self.before)
        self.figures.runs += 1
        path = _Path(parent, beginning)
        run = Run(self.store, self.start(), lambda run: self._choose(run, path))
        if not run.to_the_end():
            return
        if self._arrive(run, path):
            self._report(run, self.look_after(run))

    def _choose(self, run: Run, path: "_Path") -> Move | None:
        made = len(run.moves)
        if made < len(path.beginning):
            return path.beginning[made]
        if not self._arrive(run, path):
            return None
        if self._report(run, self.look_between(run)):
            return None
        first, *others = self._moves(run)
        self._waiting += [(path.node, [*run.moves, other]) for other in reversed(others)]
        return first

    def _arrive(self, run: Run, path: "_Path") -> bool:
        """Notes where the last move has led; False if an earlier order has led there, too."""
        node = self._node(run)
        if run.moves:
            self._followers[path.node][run.moves[-1]] = node
        path.node = node
        if node in self._followers and run.moves:
            return False
        self._followers[node] = {}
        return True

    def _node(self, run: Run) -> Node:
        if not run.moves:
            return ROOT
        if not self.merges:
            return tuple(run.moves)
        return (run.store.state(), *((task.history, task.is_over) for task in run.tasks), *run.faults)

    def _moves(self, run: Run) -> list[Move]:
        last = run.moves[-1].who if run.moves else 0
        able = [who for who, task in enumerate(run.tasks) if not task.is_over]
        able.sort(key=lambda who: (who != last, who))
        moves = [Move(who) for who in able]
        if self.with_faults and not run.faults:
            moves += [Move(who, fault) for who in able for fault in faults_of(run.tasks[who])]
        return moves

    def _report(self, run: Run, wrong: str | None) -> bool:
        if wrong:
            self.figures.finding = Finding(wrong, schedule_text(run.moves))
        return wrong is not None

    def _orders_from(self, node: Node, known: dict[Node, int]) -> int:
        """How many orders lead on from there: at most as deep as the longest order."""
        if node not in known:
            followers = self._followers[node].values()
            known[node] = sum(self._orders_from(follower, known) for follower in followers) if followers else 1
        return known[node]


@dataclass
class _Path:
    """Where an order has come to."""

    node: Node
    beginning: Sequence[Move]
