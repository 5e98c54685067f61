"""The mail queue: what is asked for there, the function `SendMail` composes and sends."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from booking.background.retry import TryLater
from booking.runtime import aws
from booking.runtime.settings import settings


def put_on_mail_queue(messages: Sequence[str]) -> None:
    """Asks for mails, at most ten at once; for none where no sender is configured.

    Raises `TryLater` unless all are on the queue; some may be then.
    """
    if not messages or not settings().mail_sender:
        return
    entries = [{"Id": str(place), "MessageBody": message} for place, message in enumerate(messages)]
    try:
        answer: dict[str, Any] = aws.client("sqs").send_message_batch(
            QueueUrl=settings().mail_queue_url, Entries=entries
        )
    except (ClientError, BotoCoreError) as error:
        raise TryLater("the mail queue cannot be reached") from error
    if answer.get("Failed"):
        raise TryLater(f"the mail queue did not take it: {answer['Failed'][0]['Code']}")
