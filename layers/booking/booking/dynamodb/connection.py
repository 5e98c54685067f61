"""The one connection with DynamoDB: PynamoDB describes items and conditions, the shared session carries them out."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import ATTR_DEFINITIONS, GLOBAL_SECONDARY_INDEXES, LOCAL_SECONDARY_INDEXES

from booking.dynamodb.errors import sdk_errors_mapped
from booking.runtime import aws


class SharedConnection(Connection):
    """PynamoDB's connection on the shared session: one client, one connection pool for all tables."""

    @property
    def session(self) -> botocore.session.Session:
        """The session of this execution environment."""
        return aws.session()

    @property
    def client(self) -> Any:
        """The client of this execution environment."""
        return aws.client("dynamodb")

    def know(self, table: MetaTable) -> None:
        """Learns a table's keys and indexes; each of the kinds of items in one table may know some of them."""
        known = self._tables.get(table.table_name)
        self._tables[table.table_name] = table if known is None else _merged(known, table)


def _merged(one: MetaTable, other: MetaTable) -> MetaTable:
    """What two kinds of items know of their table."""
    parts = {}
    for part in (ATTR_DEFINITIONS, GLOBAL_SECONDARY_INDEXES, LOCAL_SECONDARY_INDEXES):
        known = one.data[part]
        parts[part] = known + [more for more in other.data[part] if more not in known]
    return MetaTable({**one.data, **parts})


@cache
def shared_connection() -> SharedConnection:
    """The connection of this execution environment."""
    return SharedConnection()


def call(operation: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Calls DynamoDB once (and again where the SDK does). Raises the errors of `booking.dynamodb.errors`."""
    with sdk_errors_mapped():
        answer: dict[str, Any] = shared_connection().dispatch(operation, dict(kwargs))
        return answer
