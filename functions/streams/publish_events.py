"""The bookings table's stream: publishes domain events and sends mail, so that no request waits for it."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from booking.background.dead_letters import reason_of, send_dead_letter
from booking.background.retry import TryLater
from booking.background.run import run
from booking.background.sweep import Bounds
from booking.errors import StoreUnavailable
from booking.notifications.events import booking_events
from booking.notifications.notify import notify
from booking.runtime.clock import current_instant
from booking.telemetry.log import logger

# A batch of which nothing could be published fails as a whole.
_processor = BatchProcessor(EventType.DynamoDBStreams)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Publishes and mails each change once; reports the records that must come again."""
    bounds = Bounds(context.get_remaining_time_in_millis)
    with run("stream.publish_events", context) as current:
        answer = dict(process_partial_response(event, partial(_notify_of, bounds), _processor, context))
        current.is_unfinished = bool(answer["batchItemFailures"])
    return answer


def _notify_of(bounds: Bounds, record: DynamoDBRecord) -> None:
    """A record that must wait is reported as failed; one that nobody can understand is put aside."""
    if bounds.time_is_short():
        raise TryLater("the time of this run is over")
    raw = record.raw_event
    try:
        for event in booking_events(raw):
            notify(event, current_instant())
    except (TryLater, StoreUnavailable):
        raise
    except Exception as error:  # noqa: BLE001  # the outermost edge of one record's work
        logger.exception("a record cannot be worked on")
        send_dead_letter("stream.publish_events", reason_of(error), raw)
