"""Bugs on purpose: the code without one term of one of its conditions.

A term is a part of a condition that is joined to the others by "and". What terms there are is not listed anywhere but
seen when writes are made, so that a condition that is added later is among them by itself.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from types import FrameType
from typing import Any

import pytest
from pynamodb.expressions.condition import And, Condition

from booking.dynamodb.items import Item
from tests.interleavings.expressions import Context, StoredItem, Value
from tests.interleavings.expressions import condition as compiled
from tests.interleavings.store import TERMS, Attempt, Store

_PLACEHOLDER = re.compile(r"[#:]\d+")
_BUILDERS = (
    "get_save_kwargs_from_instance",
    "get_update_kwargs_from_instance",
    "get_delete_kwargs_from_instance",
)
_FUNCTIONS_NAMED = 2


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """What a write of an item asks for: `place` is the function that adds the write, and who called it."""

    place: str
    write: str
    item: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.write} {self.item} if {self.text}"


@dataclass(frozen=True, slots=True)
class _Part:
    term: Term
    condition: Condition
    text: str
    names: Mapping[str, str]
    values: Mapping[str, Value]

    @classmethod
    def of(cls, condition: Condition, place: tuple[str, str], item: Item) -> "_Part":
        placeholders: dict[str, str] = {}
        values: dict[str, Any] = {}
        text = condition.serialize(placeholders, values)
        names = {placeholder: name for name, placeholder in placeholders.items()}
        readable = _PLACEHOLDER.sub(lambda match: names.get(match[0], "…"), text)
        return cls(Term(*place, type(item).__name__, readable), condition, text, names, values)

    def holds(self, old: StoredItem | None) -> bool:
        return compiled(self.text)(Context(old or {}, self.names, self.values))


class _Parts(list[_Part]):
    """The parts that are left of a write's condition, noted beside it: writes that differ in them only are the same."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Parts)

    __hash__ = None  # as of all lists


@dataclass
class Conditions:
    """The terms that were met, those that failed, and those that are left out.

    Where a term never fails in any order, each order goes the same way without it. One that failed alone was decisive.
    """

    without: frozenset[Term] = frozenset()
    met: set[Term] = field(default_factory=set)
    failed: set[Term] = field(default_factory=set)
    decisive: set[Term] = field(default_factory=set)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Nothing is left out for a while."""
        without, self.without = self.without, frozenset()
        try:
            yield
        finally:
            self.without = without

    def left_of(self, parts: Sequence[_Part]) -> list[_Part]:
        """What is not left out of a condition."""
        self.met.update(part.term for part in parts)
        return [part for part in parts if part.term not in self.without]

    def note_refusal(self, attempts: Sequence[Attempt]) -> None:
        """A write was refused: whether that was for one term alone."""
        parts = [(part, old) for parameters, old in attempts for part in parameters.get(TERMS, ())]
        failed = {part.term for part, old in parts if not part.holds(old)}
        self.failed |= failed
        if len(failed) == 1:
            self.decisive |= failed


@contextmanager
def conditions(store: Store, without: frozenset[Term] = frozenset()) -> Iterator[Conditions]:
    """While it lasts, conditions of writes are noted, and some of their terms are left out."""
    found = Conditions(without)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "on_refusal", found.note_refusal)
        for name in _BUILDERS:
            _wrap(patch, name, found)
        yield found


def _wrap(patch: pytest.MonkeyPatch, name: str, found: Conditions) -> None:
    build = getattr(Item, name)

    def weakened(self: Item, *arguments: Any, condition: Condition | None = None, **options: Any) -> Any:
        if condition is None:
            return build(self, *arguments, condition=None, **options)
        place = _place(sys._getframe(1))
        left = found.left_of([_Part.of(part, place, self) for part in _conjuncts(condition)])
        weaker = reduce(and_, (part.condition for part in left)) if left else None
        return {**build(self, *arguments, condition=weaker, **options), TERMS: _Parts(left)}

    patch.setattr(Item, name, weakened)


def _conjuncts(condition: Condition) -> list[Condition]:
    if isinstance(condition, And):
        return [part for value in condition.values for part in _conjuncts(value)]
    return [condition]


def _place(frame: FrameType) -> tuple[str, str]:
    """Which functions of a slice add the write, and as what."""
    write = frame.f_code.co_name  # of the transaction, or of `booking.dynamodb.items`
    names: list[str] = []
    at: FrameType | None = frame
    while at and len(names) < _FUNCTIONS_NAMED:
        module = str(at.f_globals["__name__"])
        if module.startswith("booking.") and not module.startswith("booking.dynamodb."):
            names.append(f"{module.removeprefix('booking.')}.{at.f_code.co_name}")
        at = at.f_back
    return " < ".join(names), write
