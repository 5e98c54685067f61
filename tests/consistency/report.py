"""What the checker prints."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.consistency.evidence import Evidence, Violation
from tests.consistency.history import History, Kind, Outcome
from tests.consistency.invariants import INVARIANTS, shortest
from tests.consistency.run import Run
from tests.consistency.tables import Tables

MOST_SHOWN = 3
MOST_LINES = 12
"""Of the history and of what is stored, for one violation."""


def summary(run: Run, found: list[Violation]) -> str:
    """The whole report."""
    evidence = run.evidence
    return "\n".join(
        [
            "",
            *_operations(evidence.history, run.seconds),
            "",
            _stored(evidence.tables),
            *_faults(run),
            "",
            *_invariants(found),
            *_violations(evidence, found),
            "",
            f"{len(found)} violations",
        ]
    )


def _operations(history: History, seconds: float) -> Iterator[str]:
    history = history.where(lambda operation: operation.part_of is None)
    counted: dict[Kind, Counter[Outcome]] = defaultdict(Counter)
    waits: dict[Kind, list[float]] = defaultdict(list)
    for operation in history:
        counted[operation.kind][operation.outcome] += 1
        waits[operation.kind].append(operation.end - operation.start)
    yield f"{len(history)} requests in {seconds:.0f} s ({len(history) / seconds:.0f}/s)"
    yield f"{'operation':<20}{'sent':>7}{'done':>7}{'refused':>9}{'unknown':>9}{'median':>9}{'slowest':>9}"
    for kind in Kind:
        outcomes, took = counted[kind], sorted(waits[kind])
        if took:
            yield (
                f"{kind:<20}{sum(outcomes.values()):>7}{outcomes[Outcome.DONE]:>7}{outcomes[Outcome.REFUSED]:>9}"
                f"{outcomes[Outcome.UNKNOWN]:>9}{took[len(took) // 2]:>8.2f}s{took[-1]:>8.2f}s"
            )
    statuses = Counter(f"{operation.status or 'no answer'}" for operation in history)
    reasons = Counter(operation.reason for operation in history if operation.outcome is Outcome.REFUSED)
    yield "answers: " + ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    yield "refusals: " + ", ".join(f"{count} x {reason}" for reason, count in reasons.most_common())


def _stored(tables: Tables) -> str:
    states = Counter(booking.status for booking in tables.bookings)
    bookings = ", ".join(f"{count} {status}" for status, count in sorted(states.items()))
    return (
        f"stored: {len(tables.slots)} slots, bookings: {bookings or 'none'}, {len(tables.entries)} waiting, "
        f"{len(tables.times_off)} times off"
    )


def _faults(run: Run) -> Iterator[str]:
    if run.faults:
        yield "faults: " + ", ".join(f"{count} x {name}" for name, count in sorted(run.faults.items()))


def _invariants(found: list[Violation]) -> Iterator[str]:
    counted = Counter(violation.invariant for violation in found)
    yield f"{'G  invariant':<56}{'violations':>10}"
    for name in INVARIANTS:
        yield f"{name:<56}{counted[name]:>10}"


def _violations(evidence: Evidence, found: list[Violation]) -> Iterator[str]:
    shown: Counter[str] = Counter()
    for violation in found:
        shown[violation.invariant] += 1
        if shown[violation.invariant] > MOST_SHOWN:
            continue
        yield ""
        yield f"VIOLATION of {violation.invariant.strip()}: {violation.what} ({', '.join(violation.ids)})"
        history = shortest(evidence, violation)
        yield from _last([f"  {operation}" for operation in history])
        actors = {operation.actor for operation in history}
        yield from _last([f"  stored: {thing}" for thing in _about(evidence.tables, set(violation.ids), actors)])


def _last(lines: Sequence[str]) -> Iterator[str]:
    if len(lines) > MOST_LINES:
        yield f"  … {len(lines) - MOST_LINES} before"
    yield from lines[-MOST_LINES:]


def _about(tables: Tables, ids: set[str], actors: set[str]) -> Iterator[object]:
    """What the violation names, and the places in its lines of those who are shown."""
    yield from (slot for slot in tables.slots if slot.id in ids)
    yield from (off for off in tables.times_off if off.id in ids)
    yield from (booking for booking in tables.bookings if booking.id in ids)
    yield from (entry for entry in tables.entries if entry.slot in ids and entry.client in actors)
