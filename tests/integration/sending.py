"""The mail queue as tests work it off: the function and the messages that it is handed."""

from collections.abc import Callable
from datetime import datetime
from itertools import batched
from typing import Any

import pytest

from queues import send_mail
from tests.instants import NOW
from tests.integration.api import an_invocation
from tests.integration.outside import Outside

BATCH = 10


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
