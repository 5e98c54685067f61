"""Transactions that tell which of their steps failed."""

import uuid
from collections.abc import Sequence
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from booking.dynamodb.connection import call
from booking.dynamodb.errors import Step
from booking.dynamodb.items import Item

MOST_WRITES = 100


class Transaction:
    """Several writes that happen together or not at all.

    The steps are written in one `TransactWriteItems`. Its client token makes the SDK's retries safe:
    an answer that was lost after the write is answered again, not written again.
    """

    def __init__(self) -> None:
        self._writes: list[dict[str, Any]] = []

    def put(self, item: Item, *, condition: Condition | None = None) -> Step:
        """Adds an item; the condition says what may not stand there yet. Without one the item takes its place."""
        kwargs = item.get_save_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD")
        return self._add({"Put": kwargs})

    def update(self, item: Item, actions: Sequence[Action], *, condition: Condition | None = None) -> Step:
        """Changes the item that has `item`'s key."""
        kwargs = item.get_update_kwargs_from_instance(
            actions=list(actions), condition=condition, return_values_on_condition_failure="ALL_OLD"
        )
        return self._add({"Update": kwargs})

    def delete(self, item: Item, *, condition: Condition | None = None) -> Step:
        """Deletes the item that has `item`'s key, if there is one."""
        kwargs = item.get_delete_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD")
        return self._add({"Delete": kwargs})

    def check(self, item: Item, condition: Condition) -> Step:
        """Writes nothing; the transaction happens only if the condition holds for the item.

        The same check again is the same step, since a transaction may not touch an item twice.
        """
        check = {"ConditionCheck": item.get_delete_kwargs_from_instance(condition=condition)}
        if check in self._writes:
            return Step(self._writes.index(check))
        return self._add(check)

    def commit(self) -> None:
        """Writes all steps.

        Raises `TransactionCanceled`, `StoreUnavailable`, and `Contended`: whoever has nothing else to do again
        commits with `retrying_contention(transaction.commit)`.
        """
        call("TransactWriteItems", {"TransactItems": self._writes, "ClientRequestToken": str(uuid.uuid4())})

    def _add(self, write: dict[str, Any]) -> Step:
        self._writes.append(write)
        return Step(len(self._writes) - 1)
