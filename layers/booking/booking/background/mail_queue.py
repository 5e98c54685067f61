"""The mail queue: what is asked for there, the function `SendMail` composes and sends."""

from botocore.exceptions import BotoCoreError, ClientError

from booking.background.retry import TryLater
from booking.runtime import aws
from booking.runtime.settings import settings


def put_on_mail_queue(message: str) -> None:
    """Asks for a mail, unless no sender is configured. Raises `TryLater` if nobody knows whether it is on the queue."""
    if not settings().mail_sender:
        return
    try:
        aws.client("sqs").send_message(QueueUrl=settings().mail_queue_url, MessageBody=message)
    except (ClientError, BotoCoreError) as error:
        raise TryLater("the mail queue cannot be reached") from error
