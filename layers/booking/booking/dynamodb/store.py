"""Access to DynamoDB: PynamoDB describes items and conditions, this module carries them out.

It adds what PynamoDB leaves open and every operation needs: one connection for all tables, the old
item when a condition fails, transactions that tell which of their steps failed, bounded retries of
contention, and one error for a store that stays out of reach. `booking.dynamodb.queries` reads many items.
"""

import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Self

import botocore.session
from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004  # botocore's own, for anything below HTTP
    HTTPClientError,
)
from pynamodb.attributes import Attribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import ATTR_DEFINITIONS, GLOBAL_SECONDARY_INDEXES, LOCAL_SECONDARY_INDEXES, STRING
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from booking.errors import StoreUnavailable
from booking.runtime import aws
from booking.runtime.clock import from_stored, to_stored

RawItem = Mapping[str, Mapping[str, Any]]

CONTENTION_ATTEMPTS = 10
CONTENTION_FIRST_DELAY_SECONDS = 0.02
CONTENTION_LONGEST_DELAY_SECONDS = 0.4

_CONTENTION = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_UNAVAILABLE = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_FIRST_SERVER_ERROR = 500


class InstantAttribute(Attribute[datetime]):
    """An instant, stored as text that sorts (`booking.runtime.clock`)."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        """Instant to text."""
        return to_stored(value)

    def deserialize(self, value: str) -> datetime:
        """Text to instant."""
        return from_stored(value)


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `old` is the item as it stands, if there is one."""

    def __init__(self, old: RawItem | None) -> None:
        super().__init__("condition failed")
        self.old = old


@dataclass(frozen=True, slots=True)
class Step:
    """One write of a transaction; tells its failure from those of the others."""

    index: int


class ConditionsFailed(Exception):
    """Conditions of a transaction did not hold, so that nothing of it was written."""

    def __init__(self, old_items: Mapping[int, RawItem | None]) -> None:
        super().__init__(f"conditions failed: {sorted(old_items)}")
        self._old_items = old_items

    def at(self, step: Step) -> bool:
        """Whether the condition of this step is among those that failed."""
        return step.index in self._old_items

    def old(self, step: Step) -> RawItem | None:
        """The item that the step found, None if there was none (or the step did not fail)."""
        return self._old_items.get(step.index)


class _SharedConnection(Connection):
    """PynamoDB's connection on the shared session: one client, one connection pool for all tables."""

    @property
    def session(self) -> botocore.session.Session:
        return aws.session()

    def know(self, table: MetaTable) -> None:
        """Learns a table's keys and indexes; each of the kinds of items in one table may know some of them."""
        known = self._tables.get(table.table_name)
        self._tables[table.table_name] = table if known is None else _merged(known, table)

    @property
    def client(self) -> Any:
        return aws.client("dynamodb")


def _merged(one: MetaTable, other: MetaTable) -> MetaTable:
    """What two kinds of items know of their table."""
    parts = {}
    for part in (ATTR_DEFINITIONS, GLOBAL_SECONDARY_INDEXES, LOCAL_SECONDARY_INDEXES):
        known = one.data.get(part) or []
        parts[part] = known + [more for more in other.data.get(part) or [] if more not in known]
    return MetaTable({**one.data, **parts})


@cache
def _connection() -> _SharedConnection:
    return _SharedConnection()


class Item(Model):
    """The base of every stored item."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        shared = _connection()
        if table.connection is not shared:
            shared.know(table.get_meta_table())
            table.connection = shared
        return table

    @classmethod
    def from_old(cls, raw: RawItem) -> Self:
        """The item as it was read or found behind a failed condition."""
        return cls.from_raw_data(dict(raw))


def get[I: Item](item: type[I], hash_key: str, range_key: str | None = None, *, consistent: bool = False) -> I | None:
    """The item with that key, or None."""
    kwargs = item.get_operation_kwargs_from_class(hash_key, range_key=range_key)
    found = _call("GetItem", kwargs | {"ConsistentRead": consistent}).get("Item")
    return item.from_raw_data(found) if found else None


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


class Transaction:
    """Several writes that happen together or not at all.

    The steps are written in one `TransactWriteItems`. Its client token makes the SDK's retries safe:
    an answer that was lost after the write is answered again, not written again.
    """

    def __init__(self) -> None:
        self._writes: list[dict[str, Any]] = []

    def put(self, item: Item, *, condition: Condition) -> Step:
        """Adds an item; the condition says what may not stand there yet."""
        return self._add(
            "Put",
            item.get_save_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD"),
        )

    def update(self, item: Item, actions: Sequence[Action], *, condition: Condition | None = None) -> Step:
        """Changes the item that has `item`'s key."""
        return self._add(
            "Update",
            item.get_update_kwargs_from_instance(
                actions=list(actions),
                condition=condition,
                return_values_on_condition_failure="ALL_OLD",
            ),
        )

    def delete(self, item: Item, *, condition: Condition) -> Step:
        """Deletes the item that has `item`'s key."""
        return self._add(
            "Delete",
            item.get_delete_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD"),
        )

    def check(self, item: Item, condition: Condition) -> Step:
        """Writes nothing; the transaction happens only if the condition holds for the item."""
        kwargs = item.get_delete_kwargs_from_instance(condition=condition)
        return self._add("ConditionCheck", kwargs)

    def commit(self) -> None:
        """Writes all steps. Raises `ConditionsFailed`, or `StoreUnavailable` if contention stays."""
        retrying_contention(self._write)

    def _add(self, kind: str, kwargs: Mapping[str, Any]) -> Step:
        self._writes.append({kind: kwargs})
        return Step(len(self._writes) - 1)

    def _write(self) -> None:
        _call(
            "TransactWriteItems",
            {"TransactItems": self._writes, "ClientRequestToken": str(uuid.uuid4())},
        )


class Contended(Exception):
    """Somebody else wrote in between; the same attempt may succeed a moment later."""


def retrying_contention[R](attempt: Callable[[], R]) -> R:
    """Runs `attempt` again while it raises `Contended`, with full jitter, a bounded number of times.

    Raises `StoreUnavailable` when the attempts are used up.
    """
    for number in range(CONTENTION_ATTEMPTS):
        try:
            return attempt()
        except Contended:
            ceiling = CONTENTION_FIRST_DELAY_SECONDS * 2**number
            longest = min(ceiling, CONTENTION_LONGEST_DELAY_SECONDS)
            time.sleep(random.uniform(0, longest))  # noqa: S311  # jitter, not a secret
    raise StoreUnavailable


class translated:  # noqa: N801  # reads as a word in `with translated():`
    """Turns the SDK's errors into this module's."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PynamoDBException):
            error = error.cause or error
        if isinstance(error, ClientError):
            raise _meaning_of(error) from error
        if isinstance(error, (ConnectionError, HTTPClientError)):
            raise StoreUnavailable from error


def _write(operation: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """A single write; it waits for a transaction on the same item to end."""
    return retrying_contention(lambda: _call(operation, kwargs))


def _call(operation: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    with translated():
        answer: dict[str, Any] = _connection().dispatch(operation, dict(kwargs))
        return answer


def _meaning_of(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_original_response(error).get("Item"))
    if code == "TransactionCanceledException":
        return _meaning_of_cancellation(error)
    if code == "TransactionConflictException":
        return Contended()
    if code in _UNAVAILABLE or _http_status(error) >= _FIRST_SERVER_ERROR:
        return StoreUnavailable()
    return error


def _meaning_of_cancellation(error: ClientError) -> Exception:
    """A cancelled transaction is told apart by its reasons, item by item.

    Contention beside failed conditions says that they were looked at in the middle of somebody else's write, so what
    they tell is not how things stand.
    """
    reasons = _original_response(error).get("CancellationReasons", [])
    if any(reason["Code"] in _CONTENTION for reason in reasons):
        return Contended()
    failed = {
        index: reason.get("Item") for index, reason in enumerate(reasons) if reason["Code"] == "ConditionalCheckFailed"
    }
    return ConditionsFailed(failed) if failed else error


def _original_response(error: ClientError) -> Mapping[str, Any]:
    """PynamoDB passes on part of the SDK's answer; the whole of it is in the error's cause."""
    original = error.__cause__ if isinstance(error.__cause__, ClientError) else error
    return original.response


def _http_status(error: ClientError) -> int:
    return int(_original_response(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
