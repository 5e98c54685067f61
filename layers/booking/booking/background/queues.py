"""The queues that work waits on: mail, sweeps, and the dead letters of what could not be done."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from booking.errors import StoreUnavailable
from booking.runtime import aws
from booking.runtime.settings import settings
from booking.telemetry.log import logger
from booking.telemetry.metrics import count

LONGEST_DELAY = timedelta(minutes=15)
"""SQS hides a new message no longer."""


class TryLater(Exception):
    """The item cannot be worked on now; whatever calls for it finds it again."""


def put_on_mail_queue(message: str) -> None:
    """Asks `SendMail` for a mail, unless no sender is configured.

    Raises `TryLater` if nobody knows whether it is on the queue.
    """
    if not settings().mail_sender:
        return
    try:
        aws.client("sqs").send_message(QueueUrl=settings().mail_queue_url, MessageBody=message)
    except (ClientError, BotoCoreError) as error:
        raise TryLater("the mail queue cannot be reached") from error


def put_on_sweep_queue(message: str, delay: timedelta = timedelta(0)) -> None:
    """Asks `WorkOffShards` for work, after a while. Without a queue (`make dev`) nobody does it.

    Raises `StoreUnavailable`.
    """
    if not settings().sweep_queue_url:
        return
    seconds = -(-delay // timedelta(seconds=1))
    try:
        aws.client("sqs").send_message(QueueUrl=settings().sweep_queue_url, MessageBody=message, DelaySeconds=seconds)
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error


def send_dead_letter(source: str, reason: str, content: Mapping[str, Any]) -> None:
    """Puts `content` into the queue. `source` says who gave up on it; `make redrive` sends it back there."""
    count("dead_letters")
    logger.error("dead letter", extra={"source": source, "reason": reason})
    body = json.dumps({"source": source, "reason": reason, "content": content}, default=str)
    aws.client("sqs").send_message(QueueUrl=settings().dead_letter_queue_url, MessageBody=body)


def reason_of(error: Exception) -> str:
    """An error as a dead letter's reason."""
    return f"{type(error).__name__}: {error}"
