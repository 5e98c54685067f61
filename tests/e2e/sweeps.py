"""Sweeps of a deployed stack: starting one, changing what it finds, waiting for what comes of it."""

import json
import time
from collections.abc import Callable

from tests.e2e.deployed import DeployedStack

DELIVERY_SECONDS = 30.0


def dispatch(stack: DeployedStack, sweep: str) -> dict[str, float]:
    """One run of the dispatcher, as the sweep's schedule starts it; its summary. Workers then take over."""
    name, event = stack.outputs()["DispatchSweepsName"], json.dumps({"sweep": sweep})
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=event)
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    summary: dict[str, float] = told[sweep]
    return summary


def eventually[T](look: Callable[[], T | None], seconds: float = DELIVERY_SECONDS, *, every: float = 0.3) -> T:
    """What is there as soon as there is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(every)
    return found


def set_stored(stack: DeployedStack, booking_id: str, attribute: str, value: str) -> str:
    """Changes a booking behind the API's back; returns what stood there."""
    before = stack.client("dynamodb").update_item(
        TableName=stack.outputs()["BookingsTableName"],
        Key={"booking_id": {"S": booking_id}},
        UpdateExpression="SET #attribute = :value",
        ExpressionAttributeNames={"#attribute": attribute},
        ExpressionAttributeValues={":value": {"S": value}},
        ReturnValues="UPDATED_OLD",
    )
    return str(before["Attributes"][attribute]["S"])
