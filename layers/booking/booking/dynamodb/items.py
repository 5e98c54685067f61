"""Single items: reading, creating, changing and deleting one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any, Self

from pynamodb.connection import TableConnection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from booking.dynamodb.attributes import RawItem
from booking.dynamodb.connection import call, shared_connection
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import ConditionFailed, Contended

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_PUTS, MOST_GETS = 25, 100
"""How many items DynamoDB puts and gets in one call."""


class Item(Model):
    """The base of every stored item."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Each kind of item has a connection of its own, since it is what tells of the kind's indexes.

        PynamoDB would let it share the one of its base class, if that had been used before.
        """
        super().__init_subclass__(**options)
        cls._connection = None

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        shared = shared_connection()
        if table.connection is not shared:
            shared.know(table.get_meta_table())
            table.connection = shared
        return table

    @classmethod
    def from_old(cls, raw: RawItem) -> Self:
        """The item as it was read or found behind a failed condition."""
        return cls.from_raw_data(dict(raw))


def shared_names(item: type[Item], kind: "type[DataclassInstance]") -> Collection[str]:
    """What items and dataclasses of these kinds call the same, to be copied from one to the other."""
    return item.get_attributes().keys() & {field.name for field in fields(kind)}


class GlobalIndex[I: Item](GlobalSecondaryIndex[I]):
    """The base of global indexes that take all attributes along; each is named as its table's item calls it."""

    def __init_subclass__(cls, **options: Any) -> None:
        """PynamoDB wants the names of an index and its projection beside its keys."""
        cls.Meta = type("Meta", (), {"projection": AllProjection()})
        super().__init_subclass__(**options)  # type: ignore[no-untyped-call]


def get[I: Item](item: type[I], hash_key: str, range_key: str | None = None, *, consistent: bool = False) -> I | None:
    """The item with that key, or None."""
    kwargs = item.get_operation_kwargs_from_class(hash_key, range_key=range_key)
    found = call("GetItem", kwargs | {"ConsistentRead": consistent}).get("Item")
    return item.from_raw_data(found) if found else None


def get_all(
    item: type[Item], keys: Iterable[tuple[str] | tuple[str, str]], *, attributes: Collection[str] | None = None
) -> list[RawItem]:
    """Those of the items with these keys that there are, as stored, in one consistent read for each `MOST_GETS`.

    With `attributes` the answer has those and no others.
    """
    shown = {f"#{number}": name for number, name in enumerate(attributes or ())}
    projection = {"ProjectionExpression": ", ".join(shown), "ExpressionAttributeNames": shown} if shown else {}
    wanted = (item.get_operation_kwargs_from_class(*key)["Key"] for key in keys)
    return [
        raw
        for some in batched(wanted, MOST_GETS, strict=False)
        for raw in _get_some(item.Meta.table_name, {"Keys": list(some), "ConsistentRead": True, **projection})
    ]


def _get_some(table: str, wanted: Mapping[str, Any]) -> list[RawItem]:
    def read() -> list[RawItem]:
        answer = call("BatchGetItem", {"RequestItems": {table: wanted}})
        if answer.get("UnprocessedKeys"):
            raise Contended
        found: list[RawItem] = answer["Responses"][table]
        return found

    return retrying_contention(read)


def create(item: Item, *, condition: Condition) -> None:
    """Puts an item that must not replace another one.

    A write whose answer was lost is sent again by the SDK and then finds its own item: that is success.
    Raises `ConditionFailed` if another item stands there.
    """
    kwargs = item.get_save_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD")
    try:
        _write("PutItem", kwargs)
    except ConditionFailed as failure:
        if failure.old != kwargs["Item"]:
            raise


def put_all(items: Iterable[Item]) -> None:
    """Puts items of one table, whatever stands in their places; not in one write."""
    for some in batched(items, MOST_PUTS, strict=False):
        table = some[0].Meta.table_name
        puts = [{"PutRequest": {"Item": item.serialize()}} for item in some]
        retrying_contention(partial(_put_some, {"RequestItems": {table: puts}}))


def _put_some(request: Mapping[str, Any]) -> None:
    """All of them again where some were throttled."""
    if call("BatchWriteItem", request).get("UnprocessedItems"):
        raise Contended


def update[I: Item](item: I, actions: Sequence[Action], *, condition: Condition | None = None) -> I:
    """Changes the item that has `item`'s key and returns it as it then stands.

    Raises `ConditionFailed`.
    """
    kwargs = item.get_update_kwargs_from_instance(
        actions=list(actions),
        condition=condition,
        return_values_on_condition_failure="ALL_OLD",
    )
    answer = _write("UpdateItem", kwargs | {"ReturnValues": "ALL_NEW"})
    return type(item).from_raw_data(answer["Attributes"])


def delete(item: Item, *, condition: Condition | None = None) -> None:
    """Deletes the item that has `item`'s key, if there is one.

    Raises `ConditionFailed`.
    """
    _write("DeleteItem", item.get_delete_kwargs_from_instance(condition=condition))


def _write(operation: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """A single write; it waits for a transaction on the same item to end."""
    return retrying_contention(lambda: call(operation, kwargs))
