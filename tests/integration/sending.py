"""The bookings table's stream and the mail queue as tests work them off: the functions and what they are handed."""

import json
from collections.abc import Callable
from datetime import datetime
from itertools import batched
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from booking.bookings.table import BookingItem
from queues import send_mail
from streams import publish_events
from tests.instants import NOW
from tests.integration.api import an_invocation
from tests.integration.outside import Outside

BATCH = 10

type Record = dict[str, Any]


def queued_mail(*bodies: str, at: datetime = NOW) -> dict[str, Any]:
    """The event with messages of these bodies that were put on the queue then; their ids are their places."""
    attributes = {"SentTimestamp": str(int(at.timestamp() * 1000))}
    return {
        "Records": [
            {"messageId": str(place), "body": body, "attributes": attributes, "eventSource": "aws:sqs"}
            for place, body in enumerate(bodies)
        ]
    }


def send_queued(
    outside: Outside, now: datetime = NOW, *, queued_at: datetime = NOW, time_left: Callable[[], int] = lambda: 60_000
) -> int:
    """Hands each message to the function once; what must come again stays in the queue, and is counted.

    A function that dies leaves all of its messages there.
    """
    stay: list[str] = []
    for bodies in batched([*outside.requests], BATCH, strict=False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(send_mail, "current_instant", lambda: now)
            answer = send_mail.handler(queued_mail(*bodies, at=queued_at), an_invocation(time_left))
        stay.extend(bodies[int(failure["itemIdentifier"])] for failure in answer["batchItemFailures"])
    outside.requests[:] = stay
    return len(stay)


def records() -> list[Record]:
    """What the stream holds, as Lambda hands it to a function."""
    shard = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[BookingItem.Meta.table_name].stream_shard
    assert shard is not None
    found: list[Record] = json.loads(
        json.dumps(shard.get(shard.starting_sequence_number, 1000), default=datetime.timestamp)
    )
    return found


def tell(
    outside: Outside,
    told: list[Record] | None = None,
    *,
    time_left: Callable[[], int] = lambda: 60_000,
    now: datetime = NOW,
) -> list[str]:
    """One invocation, and then one of what sends the mail; the sequence numbers that must come again."""
    again = publish(told, time_left)
    send_queued(outside, now)
    return again


def publish(told: list[Record] | None = None, time_left: Callable[[], int] = lambda: 60_000) -> list[str]:
    """Hands records of the stream to its function, all that it holds unless told otherwise; those to come again."""
    try:
        answer = publish_events.handler({"Records": records() if told is None else told}, an_invocation(time_left))
    except BatchProcessingError:
        return ["all"]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
