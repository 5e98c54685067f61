"""Leaving out any one term of any condition is found, or it is said why not."""

from collections.abc import Mapping, Sequence

from tests.interleavings.examine import Examined, Examiners, Task
from tests.interleavings.lineups import Lineup
from tests.interleavings.planted import Term
from tests.interleavings.search import Finding
from tests.interleavings.survivors import SURVIVORS


def test_a_term_that_is_left_out_is_missed(processes: Examiners, examined: Sequence[Examined]) -> None:
    failed = frozenset[Term]().union(*(each.failed for each in examined))
    planted = [frozenset({term}) for term in failed if str(term) not in SURVIVORS]

    found = _searched(processes, examined, planted)

    assert [str(term) for terms in planted if terms not in found for term in terms] == []
    assert len(found) > 40


def test_what_no_order_misses_is_listed_with_its_reason(examined: Sequence[Examined]) -> None:
    met = {str(term) for each in examined for term in each.met}
    never_failed = met - {str(term) for each in examined for term in each.failed}

    assert sorted(never_failed - SURVIVORS.keys()) == []
    assert sorted(SURVIVORS.keys() - met) == []


def test_terms_that_stand_in_for_each_other_are_missed_together(
    processes: Examiners, examined: Sequence[Examined]
) -> None:
    by_name = {str(term): term for each in examined for term in each.met}
    planted = [
        frozenset(by_name[each] for each in (name, *survivor.with_))
        for name, survivor in SURVIVORS.items()
        if survivor.with_
    ]

    found = _searched(processes, examined, planted)

    assert [sorted(map(str, terms)) for terms in planted if terms not in found] == []


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
