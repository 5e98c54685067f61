"""Domain events: what happened to a booking, as its item's change shows.

They are published to an EventBridge bus; `infra/events/` holds their schema. An event's id follows from
the change, so that whoever gets it twice can tell.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from booking.background.queues import TryLater
from booking.bookings.rules import Booking, Status
from booking.bookings.table import booking_of
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.items import MOST_PUTS
from booking.notifications.delivery import NotSent, Refused, meaning_of, meaning_of_code, note_sent, sent_before
from booking.runtime import aws
from booking.runtime.clock import from_epoch_seconds, to_stored
from booking.runtime.settings import settings
from booking.telemetry.metrics import count

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "booking-api"
SCHEMA_VERSION = "1"
RESTORED_AT = "restored_at"
MOST_ENTRIES = 10
"""How many events the bus takes at once."""


class EventType(StrEnum):
    """What can happen to a booking."""

    HELD = "BookingHeld"
    CONFIRMED = "BookingConfirmed"
    CANCELLED = "BookingCancelled"
    RESCHEDULED = "BookingRescheduled"
    EXPIRED = "BookingExpired"
    LAPSED = "BookingLapsed"
    ATTENDANCE_SET = "BookingAttendanceSet"
    PROMOTED = "WaitListPromoted"


_TYPES = {
    Status.HELD: EventType.HELD,
    Status.CONFIRMED: EventType.CONFIRMED,
    Status.CANCELLED: EventType.CANCELLED,
    Status.EXPIRED: EventType.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class BookingEvent:
    """Something that happened to a booking; `before` is how it was, None for a new one; the images say so as stored.

    `detail` is the event as subscribers get it, as JSON.
    """

    id: str
    type: EventType
    occurred_at: datetime
    booking: Booking
    before: Booking | None
    image: RawItem
    image_before: RawItem | None
    detail: str


def booking_events(record: Mapping[str, Any]) -> list[BookingEvent]:
    """What a record of the bookings table's stream says has happened, nothing for inner changes."""
    change = record["dynamodb"]
    image, image_before = change.get("NewImage"), change.get("OldImage")
    if image is None or _was_restored(change):
        return []
    after, before = booking_of(image), booking_of(image_before) if image_before else None
    occurred_at = from_epoch_seconds(float(change["ApproximateCreationDateTime"]))
    return [
        BookingEvent(event_id, kind, occurred_at, after, before, image, image_before, detail)
        for kind in _kinds(before, after)
        for event_id in [f"{record['eventID']}-{kind}"]
        for detail in [_detail(event_id, occurred_at, after, before if kind is EventType.RESCHEDULED else None)]
    ]


def publish(events: Sequence[BookingEvent], now: datetime) -> dict[str, TryLater | Refused]:
    """Puts those of the events on the bus that were not put there before; without a bus there is nothing to do.

    At least once: an event that a function dies with, or that could not be noted, is published again when its record
    comes again. The answer says by its id why an event could not be published. Raises `StoreUnavailable` before
    anything is published.
    """
    if not settings().event_bus_name:
        return {}
    before = sent_before([_ledger_key(event) for event in events])
    failures: dict[str, TryLater | Refused] = {}
    for some in batched([event for event in events if _ledger_key(event) not in before], MOST_PUTS, strict=False):
        for entries in batched(some, MOST_ENTRIES, strict=False):
            failures |= _put_events(entries)
        note_sent([_ledger_key(event) for event in some if event.id not in failures], now)
    return failures


def _detail(event_id: str, occurred_at: datetime, booking: Booking, moved_from: Booking | None) -> str:
    """It names people by id, never by address."""
    detail = {
        "schema_version": SCHEMA_VERSION,
        "event_id": event_id,
        "occurred_at": to_stored(occurred_at),
        "booking": {
            "id": booking.id,
            "client_id": booking.shown_client_id,
            "specialist_id": booking.specialist_id,
            "service_id": booking.service_id,
            "status": booking.status,
            "created_at": to_stored(booking.created_at),
            "cancelled_at": _stored_or_none(booking.cancelled_at),
            "cancel_reason": booking.cancel_reason,
            "attendance": booking.attendance,
            "hold_expires_at": _stored_or_none(booking.hold_expires_at),
            "payment_ref": booking.payment_ref,
            "from_wait_list": booking.from_wait_list,
            **_slot(booking),
        },
        "previous_slot": _slot(moved_from) if moved_from else None,
    }
    return json.dumps(detail)


def _put_events(events: Sequence[BookingEvent]) -> dict[str, TryLater | Refused]:
    """Those that the bus has not taken, with the reason."""
    try:
        answer = aws.client("events").put_events(Entries=[_entry(event) for event in events])
    except ClientError as error:
        return dict.fromkeys((event.id for event in events), _failure(meaning_of(error)))
    except BotoCoreError:
        return dict.fromkeys((event.id for event in events), TryLater("the event bus cannot be reached"))
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    count("events_published", codes.count(None))
    return {
        event.id: _failure(meaning_of_code(code)) for event, code in zip(events, codes, strict=True) if code is not None
    }


def _failure(meaning: NotSent | Refused) -> TryLater | Refused:
    return TryLater(str(meaning)) if isinstance(meaning, NotSent) else meaning


def _entry(event: BookingEvent) -> "PutEventsRequestEntryTypeDef":
    return {
        "EventBusName": settings().event_bus_name,
        "Source": SOURCE,
        "DetailType": event.type,
        "Time": event.occurred_at,
        "Detail": event.detail,
    }


def _ledger_key(event: BookingEvent) -> str:
    return f"event#{event.id}"


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
    return [EventType.ATTENDANCE_SET] if before.attendance != after.attendance else []


def _stored_or_none(instant: datetime | None) -> str | None:
    return to_stored(instant) if instant else None


def _slot(booking: Booking) -> dict[str, str]:
    return {
        "slot_id": booking.slot_id,
        "slot_start_at": to_stored(booking.slot_start_at),
        "slot_end_at": to_stored(booking.slot_end_at),
    }
