"""Domain events: what happened to a booking, as its item's change shows.

They are published to an EventBridge bus; `infra/events/` holds their schema. An event's id follows from
the change, so that whoever gets it twice can tell.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from booking.bookings.rules import Booking, Status
from booking.bookings.table import booking_of
from booking.dynamodb.attributes import RawItem
from booking.notifications.delivery import NotSent, meaning_of, meaning_of_code
from booking.runtime import aws
from booking.runtime.clock import to_stored
from booking.runtime.settings import settings
from booking.telemetry.metrics import count

SOURCE = "booking-api"
SCHEMA_VERSION = "1"
RESTORED_AT = "restored_at"


class EventType(StrEnum):
    """What can happen to a booking."""

    HELD = "BookingHeld"
    CONFIRMED = "BookingConfirmed"
    CANCELLED = "BookingCancelled"
    RESCHEDULED = "BookingRescheduled"
    EXPIRED = "BookingExpired"
    LAPSED = "BookingLapsed"
    PROMOTED = "WaitListPromoted"


_TYPES = {
    Status.HELD: EventType.HELD,
    Status.CONFIRMED: EventType.CONFIRMED,
    Status.CANCELLED: EventType.CANCELLED,
    Status.EXPIRED: EventType.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class BookingEvent:
    """Something that happened to a booking; `before` is how it was, None for a new one; the images say so as stored."""

    id: str
    type: EventType
    occurred_at: datetime
    booking: Booking
    before: Booking | None
    image: RawItem
    image_before: RawItem | None

    def detail(self) -> dict[str, Any]:
        """The event as subscribers get it; it names people by id, never by address."""
        booking = self.booking
        moved_from = self.before if self.type is EventType.RESCHEDULED else None
        return {
            "schema_version": SCHEMA_VERSION,
            "event_id": self.id,
            "occurred_at": to_stored(self.occurred_at),
            "booking": {
                "id": booking.id,
                "client_id": booking.shown_client_id,
                "specialist_id": booking.specialist_id,
                "service_id": booking.service_id,
                "status": booking.status,
                "created_at": to_stored(booking.created_at),
                "cancelled_at": _stored_or_none(booking.cancelled_at),
                "hold_expires_at": _stored_or_none(booking.hold_expires_at),
                "payment_ref": booking.payment_ref,
                "from_wait_list": booking.from_wait_list,
                **_slot(booking),
            },
            "previous_slot": _slot(moved_from) if moved_from else None,
        }


def booking_events(record: Mapping[str, Any]) -> list[BookingEvent]:
    """What a record of the bookings table's stream says has happened, nothing for inner changes."""
    change = record["dynamodb"]
    image, image_before = change.get("NewImage"), change.get("OldImage")
    if image is None or _was_restored(change):
        return []
    after, before = booking_of(image), booking_of(image_before) if image_before else None
    occurred_at = datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC)
    return [
        BookingEvent(f"{record['eventID']}-{kind}", kind, occurred_at, after, before, image, image_before)
        for kind in _kinds(before, after)
    ]


def publish(event: BookingEvent) -> None:
    """Puts the event on the bus, at least once; without a bus there is nothing to do.

    Raises `NotSent`, or `Refused` when the bus will not take it as things are.
    """
    if not settings().event_bus_name:
        return
    entry = {
        "EventBusName": settings().event_bus_name,
        "Source": SOURCE,
        "DetailType": event.type,
        "Time": event.occurred_at,
        "Detail": json.dumps(event.detail()),
    }
    try:
        answer = aws.client("events").put_events(Entries=[entry])
    except ClientError as error:
        raise meaning_of(error) from error
    except BotoCoreError as error:
        raise NotSent("the event bus cannot be reached") from error
    if answer["FailedEntryCount"]:
        raise meaning_of_code(answer["Entries"][0]["ErrorCode"])
    count("events_published")


def _was_restored(change: Mapping[str, Any]) -> bool:
    """Whether `make restore` put the item back, which has happened to nobody."""
    old, new = change.get("OldImage", {}), change["NewImage"]
    return bool(new.get(RESTORED_AT) != old.get(RESTORED_AT))


def _kinds(before: Booking | None, after: Booking) -> list[EventType]:
    if before is None:
        promoted = [EventType.PROMOTED] if after.from_wait_list else []
        return [_TYPES[after.status], *promoted]
    if before.status != after.status:
        return [EventType.LAPSED if after.has_lapsed else _TYPES[after.status]]
    if before.slot_id != after.slot_id:
        return [EventType.RESCHEDULED]
    return []


def _stored_or_none(instant: datetime | None) -> str | None:
    return to_stored(instant) if instant else None


def _slot(booking: Booking) -> dict[str, str]:
    return {
        "slot_id": booking.slot_id,
        "slot_start_at": to_stored(booking.slot_start_at),
        "slot_end_at": to_stored(booking.slot_end_at),
    }
