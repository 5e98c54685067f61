"""Leaving out any one term of any condition is found, or it is said why not."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import booking
from tests.interleavings.examine import Examined, Examiners, Task
from tests.interleavings.lineups import Lineup
from tests.interleavings.planted import Term
from tests.interleavings.search import Finding
from tests.interleavings.survivors import SURVIVORS

LAYER = Path(booking.__file__).parent
LOOKED_AT = ("bookings", "slots")
WRITES = {"transaction.put", "transaction.update", "transaction.delete", "create", "update", "delete"}
FEWEST_FOUND = 50
OF_TIMERS = "reminders and dead letters meet nobody here: tests/integration/test_sweeps.py"
OF_CROWDS = "where more wait than one write can promote: tests/integration/test_slots_from_hours.py"
NOT_MET: Mapping[str, str] = {
    "slots.claim_opened._claim": "of slots of an earlier release: tests/integration/test_claim_slots.py",
    "bookings.delete.delete_time_off": OF_CROWDS,
    "bookings.free_time.finish_promotions": OF_CROWDS,
    "bookings.timers._change_timer": OF_TIMERS,
    "bookings.timers.set_timer_to_expiry": OF_TIMERS,
}


def test_a_term_that_is_left_out_is_missed(processes: Examiners, examined: Sequence[Examined]) -> None:
    failed = frozenset[Term]().union(*(each.failed for each in examined))
    planted = [frozenset({term}) for term in failed if str(term) not in SURVIVORS]

    found = _searched(processes, examined, planted)

    assert [str(term) for terms in planted if terms not in found for term in terms] == []
    assert len(found) >= FEWEST_FOUND


def test_what_no_order_misses_is_listed_with_its_reason(examined: Sequence[Examined]) -> None:
    met = {str(term) for each in examined for term in each.met}
    never_failed = met - {str(term) for each in examined for term in each.failed}

    assert sorted(never_failed - SURVIVORS.keys()) == []
    assert sorted(SURVIVORS.keys() - met) == []


def test_no_write_with_a_condition_is_left_out(examined: Sequence[Examined]) -> None:
    met = {place for each in examined for term in each.met for place in term.place.split(" < ")}
    written = {place for package in LOOKED_AT for place in _places_of_writes(package)}

    assert sorted(written - met - NOT_MET.keys()) == []
    assert sorted(NOT_MET.keys() - (written - met)) == []


def _places_of_writes(package: str) -> Iterator[str]:
    """The functions of a package that make a write with a condition."""
    for file in sorted((LAYER / package).glob("*.py")):
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef) and any(map(_is_write, _own_nodes(function))):
                yield f"{package}.{file.stem}.{function.name}"


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """All that is in a function and in no function in it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef):
            yield from (child, *_own_nodes(child))  # type: ignore[arg-type]


def _is_write(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    has_condition = any(keyword.arg == "condition" for keyword in node.keywords)
    is_check = isinstance(node.func, ast.Attribute) and node.func.attr == "check"
    return is_check or (has_condition and ast.unparse(node.func) in WRITES)


def _searched(
    processes: Examiners, examined: Sequence[Examined], planted: Sequence[frozenset[Term]]
) -> Mapping[frozenset[Term], Finding]:
    """What is wrong without these terms, as far as anything is."""
    found: dict[frozenset[Term], Finding] = {}
    left = {terms: _likeliest(examined, terms) for terms in planted}
    while left:
        tasks = [Task(lineups.pop(), terms) for terms, lineups in left.items()]
        found |= {each.task.without: each.finding for each in processes.examine(tasks) if each.finding}
        left = {terms: lineups for terms, lineups in left.items() if lineups and terms not in found}
    return found


def _likeliest(examined: Sequence[Examined], terms: frozenset[Term]) -> list[Lineup]:
    """Where they failed in some order, the quickest where they failed alone last."""
    where = [each for each in examined if terms & each.failed]
    where.sort(key=lambda each: (bool(terms & each.decisive), -each.runs))
    return [each.task.lineup for each in where]
