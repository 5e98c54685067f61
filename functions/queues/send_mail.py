"""Queue of mail: sends each mail once, no faster than SES takes it; what cannot be sent comes again for half a day."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from booking.background.run import run
from booking.background.sweep import Bounds
from booking.notifications.mail_work import work_on
from booking.runtime.clock import current_instant

_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sends what the messages ask for; reports those that must come again."""
    bounds = Bounds(context.get_remaining_time_in_millis)
    with run("queue.send_mail", context) as current:
        answer = dict(process_partial_response(event, partial(_send, bounds), _processor, context))
        current.is_unfinished = bool(answer["batchItemFailures"])
    return answer


def _send(bounds: Bounds, record: SQSRecord) -> None:
    queued_at = datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC)
    work_on(record.body, queued_at, current_instant(), bounds)
