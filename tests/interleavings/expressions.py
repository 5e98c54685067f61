"""DynamoDB's condition and update expressions, as far as the code uses them, evaluated on items in memory.

Each text is compiled once: texts repeat, since PynamoDB numbers names and values by their place.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

type Value = Mapping[str, Any]
type StoredItem = Mapping[str, Value]
type Operand = Callable[["Context"], Value | None]
type Predicate = Callable[["Context"], bool]
type Change = Callable[["Context", dict[str, Value]], None]

_TOKEN = re.compile(r"[#:]?\w+|<>|<=|>=|[=<>(),+\-.]")
_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SETS = ("SS", "NS")
_UPDATE_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


class MistakenExpression(Exception):
    """DynamoDB would answer with a `ValidationException`."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression is evaluated on."""

    item: StoredItem
    names: Mapping[str, str]
    values: Mapping[str, Value]


class _Tokens:
    """The words of an expression, read from left to right."""

    def __init__(self, text: str) -> None:
        self._found = _TOKEN.findall(text)
        self._at = 0

    def peek(self) -> str:
        return self._found[self._at] if self._at < len(self._found) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise MistakenExpression(f"{expected or 'a word'} expected, not {token!r}, in {' '.join(self._found)}")
        self._at += 1
        return token

    def take_if(self, word: str) -> bool:
        if self.peek() != word:
            return False
        self._at += 1
        return True


@cache
def condition(text: str) -> Predicate:
    """Whether a condition, a filter or a key condition holds."""
    tokens = _Tokens(text)
    predicate = _or(tokens)
    if tokens.peek():
        raise MistakenExpression(text)
    return predicate


def _or(tokens: _Tokens) -> Predicate:
    parts = [_and(tokens)]
    while tokens.take_if("OR"):
        parts.append(_and(tokens))
    return parts[0] if len(parts) == 1 else lambda context: any(part(context) for part in parts)


def _and(tokens: _Tokens) -> Predicate:
    parts = [_not(tokens)]
    while tokens.take_if("AND"):
        parts.append(_not(tokens))
    return parts[0] if len(parts) == 1 else lambda context: all(part(context) for part in parts)


def _not(tokens: _Tokens) -> Predicate:
    if tokens.take_if("NOT"):
        part = _not(tokens)
        return lambda context: not part(context)
    if tokens.take_if("("):
        inner = _or(tokens)
        tokens.take(")")
        return inner
    if tokens.peek() in _FUNCTIONS:
        return _function(tokens)
    return _comparison(tokens)


def _function(tokens: _Tokens) -> Predicate:
    function = _FUNCTIONS[tokens.take()]
    arguments = list(_arguments(tokens))
    return lambda context: function(*(argument(context) for argument in arguments))


def _arguments(tokens: _Tokens) -> Iterator[Operand]:
    tokens.take("(")
    yield _operand(tokens)
    while tokens.take_if(","):
        yield _operand(tokens)
    tokens.take(")")


def _comparison(tokens: _Tokens) -> Predicate:
    left = _operand(tokens)
    compares = tokens.take()
    if compares == "BETWEEN":
        lower = _operand(tokens)
        tokens.take("AND")
        upper = _operand(tokens)
        return lambda context: (
            _ordered("<=", lower(context), left(context)) and _ordered("<=", left(context), upper(context))
        )
    if compares == "IN":
        choices = list(_arguments(tokens))
        return lambda context: any(_equal(left(context), choice(context)) for choice in choices)
    right = _operand(tokens)
    if compares == "=":
        return lambda context: _equal(left(context), right(context))
    if compares == "<>":
        return lambda context: not _equal(left(context), right(context))
    return lambda context: _ordered(compares, left(context), right(context))


def _operand(tokens: _Tokens) -> Operand:
    token = tokens.take()
    if token == "size":
        (path,) = _arguments(tokens)
        return lambda context: _size(path(context))
    if token == "if_not_exists":
        path, default = _arguments(tokens)
        return lambda context: path(context) or default(context)
    if token == "(":
        inner = _sum(tokens)
        tokens.take(")")
        return inner
    if token.startswith(":"):
        return lambda context: context.values[token]
    if tokens.peek() == ".":
        raise MistakenExpression("paths into documents are not known here")
    return lambda context: context.item.get(context.names[token] if token.startswith("#") else token)


def _sum(tokens: _Tokens) -> Operand:
    left = _operand(tokens)
    if tokens.peek() not in {"+", "-"}:
        return left
    sign = 1 if tokens.take() == "+" else -1
    right = _operand(tokens)
    return lambda context: {"N": str(_number(left(context)) + sign * _number(right(context)))}


def _number(value: Value | None) -> Decimal:
    if value is None or "N" not in value:
        raise MistakenExpression(f"a number expected, not {value}")
    return Decimal(value["N"])


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    ((_, content),) = value.items()
    return {"N": str(len(content))}


def _equal(left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    (kind, mine), (other_kind, other) = next(iter(left.items())), next(iter(right.items()))
    if kind != other_kind:
        return False
    if kind == "N":
        return Decimal(mine) == Decimal(other)
    return set(mine) == set(other) if kind in _SETS else mine == other


def _ordered(compares: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    (kind, mine), (other_kind, other) = next(iter(left.items())), next(iter(right.items()))
    if kind != other_kind:
        return False
    if kind == "N":
        mine, other = Decimal(mine), Decimal(other)
    return bool(_COMPARISONS[compares](mine, other))


def _begins_with(value: Value | None, prefix: Value | None) -> bool:
    return bool(value and prefix and value.get("S", "").startswith(prefix["S"]))


def _contains(value: Value | None, part: Value | None) -> bool:
    if value is None or part is None:
        return False
    ((kind, content),), ((part_kind, wanted),) = value.items(), part.items()
    if kind == "NS":
        return part_kind == "N" and Decimal(wanted) in {Decimal(number) for number in content}
    return part_kind == "S" and kind in {"S", "SS"} and wanted in content


def _is_type(value: Value | None, kind: Value | None) -> bool:
    return bool(value and kind and kind["S"] in value)


_FUNCTIONS: Mapping[str, Callable[..., bool]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "attribute_type": _is_type,
    "begins_with": _begins_with,
    "contains": _contains,
}


@cache
def update(text: str) -> Callable[[Context], dict[str, Value]]:
    """The item as an update expression leaves it; what it says of attributes is said of the item as it was."""
    tokens = _Tokens(text)
    changes: list[Change] = []
    while clause := tokens.peek():
        if clause not in _UPDATE_CLAUSES:
            raise MistakenExpression(text)
        tokens.take()
        changes.append(_CHANGES[clause](tokens))
        while tokens.take_if(","):
            changes.append(_CHANGES[clause](tokens))

    def changed(context: Context) -> dict[str, Value]:
        item = dict(context.item)
        for change in changes:
            change(context, item)
        return item

    return changed


def _path(tokens: _Tokens) -> Callable[[Context], str]:
    token = tokens.take()
    if tokens.peek() == ".":
        raise MistakenExpression("paths into documents are not known here")
    return lambda context: context.names[token] if token.startswith("#") else token


def _set(tokens: _Tokens) -> Change:
    path = _path(tokens)
    tokens.take("=")
    operand = _sum(tokens)

    def change(context: Context, item: dict[str, Value]) -> None:
        value = operand(context)
        if value is None:
            raise MistakenExpression("The provided expression refers to an attribute that does not exist in the item")
        item[path(context)] = value

    return change


def _remove(tokens: _Tokens) -> Change:
    path = _path(tokens)

    def change(context: Context, item: dict[str, Value]) -> None:
        item.pop(path(context), None)

    return change


def _add(tokens: _Tokens) -> Change:
    path, operand = _path(tokens), _operand(tokens)

    def change(context: Context, item: dict[str, Value]) -> None:
        name, value = path(context), operand(context) or {}
        ((kind, amount),) = value.items()
        if kind == "N":
            item[name] = {"N": str(Decimal(item.get(name, {"N": "0"})["N"]) + Decimal(amount))}
        else:
            item[name] = {kind: sorted({*item.get(name, {kind: []})[kind], *amount})}

    return change


def _delete(tokens: _Tokens) -> Change:
    path, operand = _path(tokens), _operand(tokens)

    def change(context: Context, item: dict[str, Value]) -> None:
        name, value = path(context), operand(context) or {}
        ((kind, unwanted),) = value.items()
        left = sorted({*item.get(name, {kind: []})[kind]} - {*unwanted})
        if left:
            item[name] = {kind: left}
        else:
            item.pop(name, None)

    return change


_CHANGES: Mapping[str, Callable[[_Tokens], Change]] = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}
