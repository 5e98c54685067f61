"""DynamoDB in memory: transactions are atomic, conditions are evaluated, snapshots cost next to nothing.

It knows the operations and parameters that the code uses and refuses others, so that nothing is ignored silently.
`test_store` holds it against moto.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from tests.interleavings.expressions import Context, MistakenExpression, StoredItem, Value, condition, update
from tests.unit.template_model import indexes, of_type

MOST_STEPS_OF_A_TRANSACTION = 100
MOST_ITEMS_OF_A_BATCH = 100
TERMS = "Terms"
"""A parameter of writes that says of what their condition consists, for `on_refusal`; nothing that DynamoDB knows."""
_WITHOUT_EFFECT = {
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics",
    "ConsistentRead",
    "ClientRequestToken",
    TERMS,
}
_OF_CONDITIONS = {"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"}
_OF_WRITES = _OF_CONDITIONS | {"TableName", "ReturnValuesOnConditionCheckFailure", "ReturnValues"}
_PARAMETERS: Mapping[str, set[str]] = {
    "GetItem": {"TableName", "Key"},
    "BatchGetItem": {"RequestItems"},
    "Query": {
        "TableName",
        "IndexName",
        "KeyConditionExpression",
        "FilterExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "Limit",
        "ExclusiveStartKey",
        "ScanIndexForward",
    },
    "PutItem": _OF_WRITES | {"Item"},
    "UpdateItem": _OF_WRITES | {"Key", "UpdateExpression"},
    "DeleteItem": _OF_WRITES | {"Key"},
    "TransactWriteItems": {"TransactItems"},
}
_STEPS: Mapping[str, set[str]] = {
    "Put": _PARAMETERS["PutItem"],
    "Update": _PARAMETERS["UpdateItem"],
    "Delete": _PARAMETERS["DeleteItem"],
    "ConditionCheck": _OF_WRITES | {"Key"},
}
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})

type Key = tuple[str, ...]
type Attempt = tuple[Mapping[str, Any], StoredItem | None]
"""A write's parameters, and the item that it finds."""
type OnRefusal = Callable[[Sequence[Attempt]], None]
"""Is told of each write that is refused: all its steps."""
type Snapshot = Mapping[str, Mapping[Key, StoredItem]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's keys, and those of its indexes: hash key, then range key."""

    keys: tuple[str, ...]
    indexes: Mapping[str, tuple[str, ...]]


@cache
def tables() -> Mapping[str, Table]:
    """The tables of template.yaml, by the names that the code knows them by."""
    found = {}
    for logical_id, block in of_type("AWS::DynamoDB::Table"):
        name = os.environ[f"{re.sub('Table$', '', logical_id).upper()}_TABLE"]
        of_indexes = {index: _names(schema) for index, schema in indexes(block).items()}
        found[name] = Table(_names(block["Properties"]["KeySchema"]), of_indexes)
    return found


def _names(schema: list[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(part["AttributeName"] for part in sorted(schema, key=lambda part: part["KeyType"]))


class Store:
    """The stack's tables. Items are never changed, only replaced: a snapshot is a copy of what holds them."""

    def __init__(self) -> None:
        self._items: dict[str, dict[Key, StoredItem]] = {name: {} for name in tables()}
        self._texts: dict[int, tuple[StoredItem, str]] = {}
        self.on_refusal: OnRefusal = lambda _: None

    def snapshot(self) -> Snapshot:
        """Everything as it is now."""
        return {name: dict(items) for name, items in self._items.items()}

    def restore(self, snapshot: Snapshot) -> None:
        """Everything as it was then."""
        self._items = {name: dict(items) for name, items in snapshot.items()}

    def state(self) -> tuple[str, ...]:
        """What is stored, as something that can be compared."""
        found = [self._text(name, item) for name, items in self._items.items() for item in items.values()]
        return tuple(sorted(found))

    def _text(self, table: str, item: StoredItem) -> str:
        """Of each item once; the item is kept beside its text, so that its identity stays its own."""
        known = self._texts.get(id(item))
        if known is None:
            known = self._texts[id(item)] = (item, f"{table} {json.dumps(item, sort_keys=True)}")
        return known[1]

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answers as DynamoDB does. Raises `ClientError`, or `MistakenExpression` for what is a mistake of ours."""
        _check_known(operation, parameters, _PARAMETERS[operation])
        answer: dict[str, Any] = getattr(self, f"_{operation}")(parameters)
        return answer

    def _GetItem(self, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802  # as DynamoDB calls it
        item = self._at(parameters["TableName"], parameters["Key"])
        return {"Item": dict(item)} if item else {}

    def _BatchGetItem(self, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        requests = parameters["RequestItems"]
        if sum(len(request["Keys"]) for request in requests.values()) > MOST_ITEMS_OF_A_BATCH:
            raise MistakenExpression("too many items requested for the BatchGetItem call")
        answers = {}
        for table, request in requests.items():
            _check_known("BatchGetItem", request, {"Keys"})
            keys = [_key(table, key) for key in request["Keys"]]
            if len(set(keys)) < len(keys):
                raise MistakenExpression("provided list of item keys contains duplicates")
            answers[table] = [dict(self._items[table][key]) for key in keys if key in self._items[table]]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _Query(self, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = list(self._in_order(parameters))
        limit = parameters.get("Limit") or len(found)
        page, more = found[:limit], len(found) > limit
        passes = condition(parameters["FilterExpression"]) if parameters.get("FilterExpression") else None
        items = [dict(item) for item in page if passes is None or passes(_context(item, parameters))]
        answer = {"Items": items, "Count": len(items), "ScannedCount": len(page)}
        if more:
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in _key_names(parameters)}
        return answer

    def _in_order(self, parameters: Mapping[str, Any]) -> Iterator[StoredItem]:
        """What the key condition lets pass, behind the start, in the order of the sort key."""
        names = _key_names(parameters)
        matches = condition(parameters["KeyConditionExpression"])
        backwards = parameters.get("ScanIndexForward") is False
        items = self._items[parameters["TableName"]].values()
        inside = [item for item in items if names <= item.keys() and matches(_context(item, parameters))]
        start = parameters.get("ExclusiveStartKey")
        for item in sorted(inside, key=lambda item: _place(parameters, item), reverse=backwards):
            place = _place(parameters, item)
            if start and (place >= _place(parameters, start) if backwards else place <= _place(parameters, start)):
                continue
            yield item

    def _PutItem(self, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._write("Put", parameters)

    def _UpdateItem(self, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._write("Update", parameters)

    def _DeleteItem(self, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._write("Delete", parameters)

    def _write(self, kind: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        table, key, old = self._place_of(kind, parameters)
        if not _holds(old, parameters):
            self.on_refusal([(parameters, old)])
            raise _refusal("ConditionalCheckFailedException", _of_old(old, parameters))
        new = _written(kind, table, key, old, parameters)
        self._put(table, key, new)
        returned = {"ALL_NEW": new, "ALL_OLD": old}.get(parameters.get("ReturnValues", "NONE"))
        return {"Attributes": dict(returned)} if returned else {}

    def _TransactWriteItems(self, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        steps = [next(iter(step.items())) for step in parameters["TransactItems"]]
        places = [self._place_of(kind, step) for kind, step in steps]
        if len(steps) > MOST_STEPS_OF_A_TRANSACTION:
            raise MistakenExpression("a transaction has at most 100 steps")
        if len({(table, key) for table, key, _ in places}) < len(places):
            raise MistakenExpression("Transaction request cannot include multiple operations on one item")
        reasons: list[dict[str, Any]] = []
        for (kind, step), (_, _, old) in zip(steps, places, strict=True):
            _check_known(kind, step, _STEPS[kind])
            failed = {"Code": "ConditionalCheckFailed", **_of_old(old, step)}
            reasons.append({"Code": "None"} if _holds(old, step) else failed)
        if any(reason["Code"] != "None" for reason in reasons):
            self.on_refusal([(step, old) for (_, step), (_, _, old) in zip(steps, places, strict=True)])
            raise _refusal("TransactionCanceledException", {"CancellationReasons": reasons})
        for (kind, step), (table, key, old) in zip(steps, places, strict=True):
            if kind != "ConditionCheck":
                self._put(table, key, _written(kind, table, key, old, step))
        return {}

    def _place_of(self, kind: str, parameters: Mapping[str, Any]) -> tuple[str, Key, StoredItem | None]:
        table = parameters["TableName"]
        key = _key(table, parameters["Item" if kind == "Put" else "Key"])
        return table, key, self._items[table].get(key)

    def _at(self, table: str, key: StoredItem) -> StoredItem | None:
        return self._items[table].get(_key(table, key))

    def _put(self, table: str, key: Key, item: StoredItem | None) -> None:
        if item is None:
            self._items[table].pop(key, None)
        else:
            self._items[table][key] = {name: _in_one_spelling(value) for name, value in item.items()}


def _in_one_spelling(value: Value) -> Value:
    """Sets have no order: so that equal ones are equal, they get one."""
    ((kind, content),) = value.items()
    return {kind: sorted(content)} if kind in {"SS", "NS"} else value


def _check_known(what: str, parameters: Mapping[str, Any], known: set[str]) -> None:
    unknown = parameters.keys() - known - _WITHOUT_EFFECT
    if unknown:
        raise MistakenExpression(f"{what} has parameters that are not known here: {sorted(unknown)}")


def _key(table: str, attributes: StoredItem) -> Key:
    return tuple(attributes[name]["S"] for name in tables()[table].keys)


def _key_names(parameters: Mapping[str, Any]) -> set[str]:
    table = tables()[parameters["TableName"]]
    index = parameters.get("IndexName")
    return {*table.keys, *(table.indexes[index] if index else ())}


def _place(parameters: Mapping[str, Any], item: StoredItem) -> Key:
    """Where the item stands in the order of a query."""
    table = tables()[parameters["TableName"]]
    index = parameters.get("IndexName")
    ordered = (*(table.indexes[index][1:] if index else ()), *table.keys)
    return tuple(item[name]["S"] for name in ordered)


def _context(item: StoredItem, parameters: Mapping[str, Any]) -> Context:
    return Context(
        item, parameters.get("ExpressionAttributeNames", {}), parameters.get("ExpressionAttributeValues", {})
    )


def _holds(old: StoredItem | None, parameters: Mapping[str, Any]) -> bool:
    text = parameters.get("ConditionExpression")
    return not text or condition(text)(_context(old or {}, parameters))


def _of_old(old: StoredItem | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    asked = parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return {"Item": dict(old)} if old and asked else {}


def _written(
    kind: str, table: str, key: Key, old: StoredItem | None, parameters: Mapping[str, Any]
) -> StoredItem | None:
    if kind == "Delete":
        return None
    if kind == "Put":
        return dict(parameters["Item"])
    keys = {name: {"S": value} for name, value in zip(tables()[table].keys, key, strict=True)}
    if not parameters.get("UpdateExpression"):
        return old or keys
    return update(parameters["UpdateExpression"])(_context(old or keys, parameters))


def _refusal(code: str, more: Mapping[str, Any]) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}
    return ClientError(answer, "said the store")
