"""The sweeps' queue: what is put there, the function `WorkOffShards` works on."""

from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from booking.errors import StoreUnavailable
from booking.runtime import aws
from booking.runtime.settings import settings

LONGEST_DELAY = timedelta(minutes=15)
"""SQS hides a new message no longer."""


def put_on_sweep_queue(message: str, delay: timedelta = timedelta(0)) -> None:
    """Asks for work, after a while. Without a queue (`make dev`) nobody does it. Raises `StoreUnavailable`."""
    if not settings().sweep_queue_url:
        return
    seconds = -(-delay // timedelta(seconds=1))
    try:
        aws.client("sqs").send_message(QueueUrl=settings().sweep_queue_url, MessageBody=message, DelaySeconds=seconds)
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error
