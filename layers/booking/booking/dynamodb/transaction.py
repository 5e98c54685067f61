"""Transactions that tell which of their steps failed."""

import uuid
from collections.abc import Mapping, Sequence
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

    def delete(self, item: Item, *, condition: Condition | None = None) -> Step:
        """Deletes the item that has `item`'s key, if there is one."""
        return self._add(
            "Delete",
            item.get_delete_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD"),
        )

    def check(self, item: Item, condition: Condition) -> Step:
        """Writes nothing; the transaction happens only if the condition holds for the item."""
        kwargs = item.get_delete_kwargs_from_instance(condition=condition)
        return self._add("ConditionCheck", kwargs)

    def commit(self) -> None:
        """Writes all steps.

        Raises `TransactionCanceled`, `StoreUnavailable`, and `Contended`: whoever has nothing else to do again
        commits with `retrying_contention(transaction.commit)`.
        """
        call("TransactWriteItems", {"TransactItems": self._writes, "ClientRequestToken": str(uuid.uuid4())})

    def _add(self, kind: str, kwargs: Mapping[str, Any]) -> Step:
        self._writes.append({kind: kwargs})
        return Step(len(self._writes) - 1)
