"""The tables on LocalStack: as the template declares them, and as the functions leave them."""

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from tests.e2e.people import People, Person, together
from tests.localstack.conftest import Tables
from tests.unit.template_model import of_type

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLES = dict(of_type("AWS::DynamoDB::Table"))
PARALLEL = 20
A_DAY = 86_400

every_table = pytest.mark.parametrize("table", TABLES)


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def items(dynamodb: "DynamoDBClient", table: str, key: str, value: str) -> list[dict[str, Any]]:
    """What stands under that partition key."""
    found = dynamodb.query(
        TableName=table,
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": key},
        ExpressionAttributeValues={":value": {"S": value}},
        ConsistentRead=True,
    )
    return [plain(item) for item in found["Items"]]


def slot_item(dynamodb: "DynamoDBClient", names: Tables, specialist: Person, slot: str) -> dict[str, Any]:
    of_specialist = items(dynamodb, names["CalendarTable"], "specialist_id", specialist.specialist_id)
    (found,) = (item for item in of_specialist if item.get("slot_id") == slot)
    return found


def bookings_of(dynamodb: "DynamoDBClient", names: Tables, slot: str) -> list[dict[str, Any]]:
    """Every booking that was ever made for the slot, whoever made it."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=names["BookingsTable"],
        FilterExpression="slot_id = :slot",
        ExpressionAttributeValues={":slot": {"S": slot}},
        ConsistentRead=True,
    )
    return [plain(item) for page in pages for item in page["Items"]]


@every_table
def test_a_table_is_as_the_template_declares_it(dynamodb: "DynamoDBClient", names: Tables, table: str) -> None:
    declared = TABLES[table]["Properties"]
    deployed = dynamodb.describe_table(TableName=names[table])["Table"]
    assert deployed["KeySchema"] == declared["KeySchema"]
    assert deployed["BillingModeSummary"]["BillingMode"] == declared["BillingMode"]
    assert deployed.get("StreamSpecification", {}).get("StreamViewType") == declared.get("StreamSpecification", {}).get(
        "StreamViewType"
    )
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        there: Any = deployed.get(kind, [])
        assert {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in there} == {
            index["IndexName"]: (index["KeySchema"], index["Projection"])
            for index in declared.get(kind, [])
            if not isinstance(index, list)  # of an earlier release
        }


@every_table
def test_items_expire_by_the_attribute_of_the_template(dynamodb: "DynamoDBClient", names: Tables, table: str) -> None:
    declared = TABLES[table]["Properties"].get("TimeToLiveSpecification", {}).get("AttributeName")
    deployed = dynamodb.describe_time_to_live(TableName=names[table])["TimeToLiveDescription"]
    assert deployed.get("AttributeName") == declared


def test_a_booking_and_its_slot_point_at_each_other(
    dynamodb: "DynamoDBClient", names: Tables, specialist: Person, ann: Person
) -> None:
    slot = specialist.open_slot()
    booking = ann.booked(slot)

    (stored,) = items(dynamodb, names["BookingsTable"], "booking_id", booking["id"])
    assert (stored["slot_id"], stored["client_id"], stored["status"]) == (slot, ann.id, "confirmed")
    assert slot_item(dynamodb, names, specialist, slot)["booking_id"] == booking["id"]

    assert ann.cancel(booking["id"]).status_code == 200
    (stored,) = items(dynamodb, names["BookingsTable"], "booking_id", booking["id"])
    assert stored["status"] == "cancelled"
    assert "timer" not in stored
    assert "booking_id" not in slot_item(dynamodb, names, specialist, slot)


def test_of_many_parallel_bookings_one_is_stored(
    dynamodb: "DynamoDBClient", names: Tables, specialist: Person, people: People
) -> None:
    slot = specialist.open_slot()
    clients = people.several("client", 4)
    answers = together([partial(clients[number % 4].book, slot) for number in range(PARALLEL)])
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (PARALLEL - 1)]

    (stored,) = bookings_of(dynamodb, names, slot)
    assert stored["booking_id"] == next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    assert slot_item(dynamodb, names, specialist, slot)["booking_id"] == stored["booking_id"]


def test_the_first_in_line_holds_the_slot_that_was_given_up(
    dynamodb: "DynamoDBClient", names: Tables, specialist: Person, people: People
) -> None:
    slot = specialist.open_slot()
    holder, *waiters = people.several("client", 3)
    booking = holder.booked(slot)
    for waiter in waiters:
        assert waiter.join(slot).status_code == 201
    line = dynamodb.query(
        TableName=names["WaitlistTable"],
        IndexName="by_joined",
        KeyConditionExpression="slot_id = :slot",
        ExpressionAttributeValues={":slot": {"S": slot}},
        ConsistentRead=True,
    )
    assert [plain(entry)["client_id"] for entry in line["Items"]] == [waiter.id for waiter in waiters]

    assert holder.cancel(booking["id"]).status_code == 200
    confirmed = [stored for stored in bookings_of(dynamodb, names, slot) if stored["status"] == "confirmed"]
    assert [stored["client_id"] for stored in confirmed] == [waiters[0].id]
    assert slot_item(dynamodb, names, specialist, slot)["booking_id"] == confirmed[0]["booking_id"]
    left = items(dynamodb, names["WaitlistTable"], "slot_id", slot)
    assert [entry["client_id"] for entry in left] == [waiters[1].id]


def test_an_idempotency_key_is_kept_for_a_day_and_then_expires(
    dynamodb: "DynamoDBClient", names: Tables, specialist: Person, ann: Person
) -> None:
    slot = specialist.open_slot()
    booking = ann.booked(slot, key="a-key-of-the-table-tests")
    assert ann.booked(slot, key="a-key-of-the-table-tests") == booking
    found = dynamodb.scan(TableName=names["EphemeralTable"], ConsistentRead=True)["Items"]
    (record,) = (plain(item) for item in found if booking["id"] in str(item))
    assert A_DAY - 60 <= int(record["expires_at"]) - time.time() <= A_DAY + 3600


def test_a_refused_write_tells_the_item_that_it_was_refused_for(
    dynamodb: "DynamoDBClient", names: Tables, specialist: Person, ann: Person
) -> None:
    """It is what tells `Slot not found` from `Slot already booked` without a read."""
    slot = specialist.open_slot()
    booking = ann.booked(slot)
    stored = slot_item(dynamodb, names, specialist, slot)
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as refused:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": names["CalendarTable"],
                        "Key": {key: {"S": stored[key]} for key in ("specialist_id", "sk")},
                        "UpdateExpression": "SET booking_id = :other",
                        "ConditionExpression": "attribute_not_exists(booking_id)",
                        "ExpressionAttributeValues": {":other": {"S": "another"}},
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                }
            ]
        )
    (reason,) = refused.value.response["CancellationReasons"]
    assert reason["Code"] == "ConditionalCheckFailed"
    assert plain(reason["Item"])["booking_id"] == booking["id"]
