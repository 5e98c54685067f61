"""Hand-opened slots of releases before opening hours: their minutes come into the hour records.

Those that are opened since take them when they are opened, and say so (`SlotItem.claimed`).
"""

from enum import StrEnum

from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.slots.days import days_of, minutes_alone
from booking.slots.hours import read_hours, set_hour
from booking.slots.minutes import minutes_between, without
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem, slot_key


class Outcome(StrEnum):
    """What became of a slot."""

    CLAIMED = "claimed"
    """It has taken its minutes."""
    UNCHANGED = "unchanged"
    """It had them, or it is not there any more."""
    CONFLICT = "conflict"
    """Something else has some of its minutes; it has taken nothing."""


def claim_opened(slot: SlotId) -> Outcome:
    """Takes the minutes of a slot that an earlier release has opened; doing it again changes nothing."""
    return retrying_contention(lambda: _claim(slot))


def _claim(slot: SlotId) -> Outcome:
    item = get(SlotItem, slot.specialist_id, slot_key(slot.start_at), consistent=True)
    if item is None or item.slot_id != slot.text or item.claimed:
        return Outcome.UNCHANGED
    alone = minutes_alone(slot, days_of(slot))
    minutes = minutes_between(slot.start_at, slot.end_at)
    hours = read_hours(slot.specialist_id, minutes)
    missing = without(minutes, {hour: record.minutes for hour, record in hours.items()})
    if without(alone, missing):  # what is not missing of the others, a slot that it touches within a minute has taken
        return Outcome.CONFLICT
    transaction = Transaction()
    is_as_read = (SlotItem.slot_id == slot.text) & SlotItem.claimed.does_not_exist()
    transaction.update(SlotItem.at(slot), [SlotItem.claimed.set(True)], condition=is_as_read)  # the attribute's value
    for hour, those in missing.items():
        set_hour(transaction, hours[hour], hour, hours[hour].minutes | those, int(hours[hour].waiting))
    try:
        transaction.commit()
    except TransactionCanceled:
        raise Contended from None
    return Outcome.CLAIMED
