"""The dead-letter queue: where what cannot be worked on goes, with its reason, so that the rest goes on."""

import json
from collections.abc import Mapping
from typing import Any

from booking.runtime import aws
from booking.runtime.settings import settings
from booking.telemetry.log import logger
from booking.telemetry.metrics import count


def send_dead_letter(source: str, reason: str, content: Mapping[str, Any]) -> None:
    """Puts `content` into the queue. `source` says who gave up on it; `make redrive` sends it back there."""
    count("dead_letters")
    logger.error("dead letter", extra={"source": source, "reason": reason})
    body = json.dumps({"source": source, "reason": reason, "content": content}, default=str)
    aws.client("sqs").send_message(QueueUrl=settings().dead_letter_queue_url, MessageBody=body)


def reason_of(error: Exception) -> str:
    """An error as a dead letter's reason."""
    return f"{type(error).__name__}: {error}"
