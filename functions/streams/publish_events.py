"""The bookings table's stream: publishes domain events and asks for mail, so that no request waits for it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from booking.background.queues import TryLater, reason_of, send_dead_letter
from booking.background.run import run
from booking.background.sweep import Bounds
from booking.notifications.events import BookingEvent, booking_events, publish
from booking.notifications.guest_bookings import take_over_for_account
from booking.notifications.mail_requests import ask_for_mails
from booking.runtime.clock import current_instant
from booking.runtime.settings import settings
from booking.telemetry.log import logger

# A batch of which nothing could be done fails as a whole.
_processor = BatchProcessor(EventType.DynamoDBStreams)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Publishes a batch of changes, then does what follows of each; reports the records that must come again."""
    bounds = Bounds(context.get_remaining_time_in_millis)
    with run("stream.publish_events", context) as current:
        changes = {record["eventID"]: _events_of(record) for record in event["Records"]}
        failures = publish([each for events in changes.values() for each in events], current_instant())
        finish = partial(_finish, bounds, changes, failures)
        answer = dict(process_partial_response(event, finish, _processor, context))
        current.is_unfinished = bool(answer["batchItemFailures"])
    if current.is_unfinished and settings().event_failures == "raise":
        raise TryLater("changes must come again")
    return answer


def _events_of(record: Mapping[str, Any]) -> list[BookingEvent]:
    """What the record says has happened; one that nobody can understand is put aside."""
    try:
        return booking_events(record)
    except Exception as error:  # noqa: BLE001  # the outermost edge of one record's work
        _put_aside(record, error)
        return []


def _finish(
    bounds: Bounds,
    changes: Mapping[str, list[BookingEvent]],
    unpublished: Mapping[str, Exception],
    record: DynamoDBRecord,
) -> None:
    """A record that must wait is reported as failed; one of which the bus refuses an event is put aside."""
    if bounds.time_is_short():
        raise TryLater("the time of this run is over")
    events = changes[record.raw_event["eventID"]]
    try:
        outcomes = [(ask_for_mails(each), take_over_for_account(each), unpublished.get(each.id)) for each in events]
    except Exception as error:  # noqa: BLE001  # the outermost edge of one record's work
        _put_aside(record.raw_event, error)
        return
    failures = [failure for of_event in outcomes for failure in of_event if failure]
    for failure in failures:
        if isinstance(failure, TryLater):
            raise failure
    if failures:
        _put_aside(record.raw_event, failures[0])


def _put_aside(record: Mapping[str, Any], error: Exception) -> None:
    logger.error("a record cannot be worked on", exc_info=error)
    send_dead_letter("stream.publish_events", reason_of(error), record)
