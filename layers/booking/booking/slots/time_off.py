"""Time off: nothing is offered then."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from booking.caller import Caller
from booking.dynamodb.attributes import InstantAttribute
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.queries import Page, PageRequest, query_page
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds, instant_of, microseconds_of, to_stored
from booking.runtime.ids import decode_id, encode_id
from booking.slots.errors import (
    SlotEndsBeforeItStarts,
    SlotTooFarAhead,
    TimeOffIsOver,
    TimeOffNotFound,
    TimeOffTooLong,
    TimeTaken,
)
from booking.slots.hours import claim_minutes
from booking.slots.minutes import minutes_between
from booking.slots.rules import FARTHEST_AHEAD
from booking.specialists import profiles
from booking.specialists.table import CalendarItem

LONGEST_TIME_OFF = timedelta(hours=72)
_PREFIX = "off"
_KEY_PREFIX = "off#"
_START_BYTES = 8
_NONCE_BYTES = 3
_KEPT = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A stretch of time in which its specialist is not there; `end_at` does not belong to it."""

    id: str
    start_at: datetime
    end_at: datetime
    note: str | None


class TimeOffItem(CalendarItem):
    """Time off; no two of a specialist's overlap, so the start names it. It ends by itself some days after its end.

    It has `ended` when it takes no time any more, but is still there until everybody is promoted who waited for it.
    """

    time_off_id = UnicodeAttribute()
    start_at = InstantAttribute()
    end_at = InstantAttribute()
    note = UnicodeAttribute(null=True)
    ended = BooleanAttribute(null=True)
    expires_at = NumberAttribute()

    @classmethod
    def at(cls, specialist_id: str, start_at: datetime) -> Self:
        """The item's key."""
        return cls(specialist_id=specialist_id, sk=_key(start_at))

    def to_time_off(self) -> TimeOff:
        """Time off as its specialist sees it."""
        return TimeOff(self.time_off_id, self.start_at, self.end_at, self.note)


def create_time_off(
    caller: Caller, start_at: datetime, end_at: datetime, now: datetime, *, note: str | None = None
) -> TimeOff:
    """Takes time of the caller's that nothing takes yet; it may have begun already.

    Raises `Invalid` (which rule of time it breaks), `TimeTaken`, `Forbidden` if the caller's account is deactivated.
    """
    _check_times(start_at, end_at, now)
    profiles.ensure(caller, now)
    item = TimeOffItem(
        specialist_id=caller.specialist_id,
        sk=_key(start_at),
        time_off_id=_new_id(start_at),
        start_at=start_at,
        end_at=end_at,
        note=note or None,
        expires_at=epoch_seconds(end_at + _KEPT),
    )
    transaction = Transaction()
    transaction.put(item, condition=TimeOffItem.specialist_id.does_not_exist())
    claim_minutes(transaction, caller.specialist_id, minutes_between(start_at, end_at))
    try:
        profiles.commit_while_open(transaction, caller.specialist_id)
    except TransactionCanceled:
        raise TimeTaken from None
    return item.to_time_off()


def list_time_off(caller: Caller, request: PageRequest, now: datetime) -> Page[TimeOff]:
    """The caller's time off that is not over, by start."""
    page = query_page(
        TimeOffItem,
        caller.specialist_id,
        TimeOffItem.sk.startswith(_KEY_PREFIX),
        request,
        key_of=TimeOffItem.key,
        only=(TimeOffItem.end_at > now) & TimeOffItem.ended.does_not_exist(),
    )
    return page.map(TimeOffItem.to_time_off)


def start_in_id(time_off_id: str) -> datetime:
    """When the time off with that id begins. Raises `TimeOffNotFound` for what cannot be such an id."""
    payload = decode_id(_PREFIX, time_off_id, _START_BYTES + _NONCE_BYTES)
    if payload is None:
        raise TimeOffNotFound
    try:
        return instant_of(int.from_bytes(payload[:_START_BYTES]))
    except OverflowError:
        raise TimeOffNotFound from None


def _new_id(start_at: datetime) -> str:
    start = microseconds_of(start_at).to_bytes(_START_BYTES)
    return encode_id(_PREFIX, start + secrets.token_bytes(_NONCE_BYTES))


def _key(start_at: datetime) -> str:
    return f"{_KEY_PREFIX}{to_stored(start_at)}"


def _check_times(start_at: datetime, end_at: datetime, now: datetime) -> None:
    if end_at <= start_at:
        raise SlotEndsBeforeItStarts
    if end_at <= now:
        raise TimeOffIsOver
    if end_at - start_at > LONGEST_TIME_OFF:
        raise TimeOffTooLong
    if start_at - now > FARTHEST_AHEAD:
        raise SlotTooFarAhead
