"""Hand-opened slots of releases before opening hours: their minutes come into the hour records.

Those that are opened since take them when they are opened. Hour records do not say what has taken a minute, so all that
can have is looked at before a slot takes what nothing else has.
"""

from collections.abc import Iterator
from enum import StrEnum

from booking.bookings.rules import Status
from booking.bookings.table import BookingItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.queries import query_all
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import to_stored
from booking.slots.days import days_of, minutes_alone
from booking.slots.hours import Hours, read_hours, set_hour
from booking.slots.minutes import Minutes, minutes_between, minutes_of, share_a_minute, without
from booking.slots.rules import LONGEST_BUFFER, LONGEST_SLOT
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem
from booking.slots.time_off import time_off_between


class Outcome(StrEnum):
    """What became of a slot."""

    CLAIMED = "claimed"
    """It has taken what it had not taken yet."""
    UNCHANGED = "unchanged"
    """It had its minutes, or it is not there any more."""
    CONFLICT = "conflict"
    """Something else has some of its minutes; it has taken nothing."""


def claim_opened(slot: SlotId) -> Outcome:
    """Takes the minutes of a slot that an earlier release has opened; doing it again changes nothing."""
    return retrying_contention(lambda: _claim(slot))


def _claim(slot: SlotId) -> Outcome:
    minutes = minutes_between(slot.start_at, slot.end_at)
    hours = read_hours(slot.specialist_id, minutes)
    missing = without(minutes, {hour: record.minutes for hour, record in hours.items()})
    if any(share_a_minute(minutes, others) for others in _taken_by_others(slot)):
        return Outcome.CONFLICT
    if not missing:
        return Outcome.UNCHANGED
    alone = minutes_alone(slot, days_of(slot))
    if without(alone, missing) not in ({}, alone):  # a slot takes what it shares with no other at once
        return Outcome.CONFLICT
    return Outcome.CLAIMED if _write(slot, hours, missing) else Outcome.UNCHANGED


def _write(slot: SlotId, hours: Hours, missing: Minutes) -> bool:
    """Whether the slot was still there."""
    transaction = Transaction()
    is_there = transaction.check(SlotItem.at(slot), SlotItem.slot_id == slot.text)
    for hour, those in missing.items():
        set_hour(transaction, hours[hour], hour, hours[hour].minutes | those, int(hours[hour].waiting))
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if failure.failed(is_there):
            return False
        raise Contended from None
    return True


def _taken_by_others(slot: SlotId) -> Iterator[Minutes]:
    """What bookings and time off have taken around the slot.

    An index knows the bookings, which may not have heard of those of the last moments.
    """
    first, last = slot.start_at - LONGEST_SLOT - LONGEST_BUFFER, slot.end_at + LONGEST_BUFFER
    within = BookingItem.starts.between(to_stored(first), to_stored(last))
    for item in query_all(BookingItem.by_specialist, slot.specialist_id, within):
        booked = SlotId.parse(item.slot_id)
        if booked is not None and item.status is not Status.CANCELLED:
            yield minutes_of(booked, item.service())
    for off in time_off_between(slot.specialist_id, slot.start_at, slot.end_at):
        yield minutes_between(off.start_at, off.end_at)
