"""The stack's tables, made in moto from the definitions in template.yaml, and what is stored in them."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from booking.errors import BookingError
from booking.runtime.aws import client
from tests.unit.template_model import global_indexes, of_type

_PARTS = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "StreamSpecification",
)
_KEYS = {
    "users": ["user_id"],
    "calendar": ["specialist_id", "sk"],
    "bookings": ["booking_id"],
    "waitlist": ["slot_id", "client_id"],
    "ephemeral": ["pk"],
    "metrics": ["kind", "function"],
}
_value = TypeDeserializer().deserialize
_as_stored = TypeSerializer().serialize
_MOST_PUTS = 25


def create_tables() -> None:
    """Empty tables, as `sam deploy` would make them."""
    for logical_id, block in of_type("AWS::DynamoDB::Table"):
        properties = block["Properties"]
        definition = {part: properties[part] for part in _PARTS if part in properties}
        if "GlobalSecondaryIndexes" in definition:
            definition["GlobalSecondaryIndexes"] = global_indexes(properties)
        if "StreamSpecification" in definition:
            definition["StreamSpecification"] = {"StreamEnabled": True, **definition["StreamSpecification"]}
        client("dynamodb").create_table(TableName=_name(logical_id), **definition)


def empty_tables() -> None:
    """Forgets all that is stored and what streams tell of it, much quicker than the tables could be made anew."""
    for table in dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables.values():
        table.items.clear()
        if table.stream_shard:
            table.stream_shard.items.clear()


def stored(table: str) -> list[dict[str, Any]]:
    """Every item of a table (`"bookings"`), by its key."""
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=_name(table))
    items = [{name: _value(value) for name, value in item.items()} for page in pages for item in page["Items"]]
    return sorted(items, key=lambda item: [item[name] for name in _KEYS[table]])


def everything_stored() -> dict[str, list[dict[str, Any]]]:
    """Every item of every table."""
    return {table: stored(table) for table in _KEYS}


def stored_in_calendar(kind: str) -> list[dict[str, Any]]:
    """Every item of the calendar table of a kind (`"slot"`, `"hour"`, `"day"`, `"profile"`, `"service"`, `"off"`)."""
    return [item for item in stored("calendar") if _kind_of(item) == kind]


def _kind_of(item: Mapping[str, Any]) -> str:
    kind: str = item["sk"].partition("#")[0]
    return "hour" if kind == "slot" and "slot_id" not in item else kind


def booking_item(booking_id: str) -> dict[str, Any]:
    """A booking as it is stored."""
    return next(item for item in stored("bookings") if item["booking_id"] == booking_id)


def slot_item(slot_id: str) -> dict[str, Any]:
    """A slot as it is stored."""
    return next(item for item in stored_in_calendar("slot") if item["slot_id"] == slot_id)


def slot_key_of(slot_id: str) -> dict[str, str]:
    """The key of a slot's item."""
    item = slot_item(slot_id)
    return {"specialist_id": item["specialist_id"], "sk": item["sk"]}


def waiting(slot_id: str) -> list[str]:
    """The clients that wait for a slot, in order."""
    line = [entry for entry in stored("waitlist") if entry["slot_id"] == slot_id]
    return [entry["client_id"] for entry in sorted(line, key=lambda entry: str(entry["joined_at"]))]


def refused(error: type[BookingError], attempt: Callable[[], object]) -> None:
    """The attempt is refused and leaves everything as it was."""
    before = everything_stored()
    with pytest.raises(error):
        attempt()
    assert everything_stored() == before


def change_stored(table: str, key: Mapping[str, str], **values: str | int | None) -> None:
    """Changes an item behind the code's back; None removes an attribute."""
    removed = [name for name, value in values.items() if value is None]
    changed = {name: value for name, value in values.items() if value is not None}
    expression = " ".join(
        [
            "SET " + ", ".join(f"#{name} = :{name}" for name in changed) if changed else "",
            "REMOVE " + ", ".join(f"#{name}" for name in removed) if removed else "",
        ]
    )
    parameters: dict[str, Any] = {
        "TableName": _name(table),
        "Key": {name: {"S": value} for name, value in key.items()},
        "UpdateExpression": expression.strip(),
        "ExpressionAttributeNames": {f"#{name}": name for name in values},
    }
    if changed:
        parameters["ExpressionAttributeValues"] = {f":{name}": _as_stored(value) for name, value in changed.items()}
    client("dynamodb").update_item(**parameters)


def put_stored(table: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Puts items behind the code's back."""
    puts = [{"PutRequest": {"Item": {name: _as_stored(value) for name, value in item.items()}}} for item in items]
    for first in range(0, len(puts), _MOST_PUTS):
        client("dynamodb").batch_write_item(RequestItems={_name(table): puts[first : first + _MOST_PUTS]})


def delete_stored(table: str, key: Mapping[str, str]) -> None:
    """Deletes an item behind the code's back."""
    client("dynamodb").delete_item(TableName=_name(table), Key={name: {"S": value} for name, value in key.items()})


def _name(table: str) -> str:
    """Of `"UsersTable"` and of `"users"`."""
    return os.environ[f"{re.sub('Table$', '', table).upper()}_TABLE"]
