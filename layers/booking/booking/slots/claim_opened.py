"""Hand-opened slots of releases before opening hours: their minutes come into the hour records.

Those that are opened since take them when they are opened, and are marked (`claimed`).
"""

from enum import StrEnum

from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.slots.hours import claim_minutes, first_taken, read_hour_records
from booking.slots.ids import SlotId
from booking.slots.minutes import minutes_between, without
from booking.slots.opened import days_of, minutes_alone
from booking.slots.table import SlotItem


class Outcome(StrEnum):
    """What became of a slot."""

    CLAIMED = "claimed"
    """It has taken its minutes."""
    UNCHANGED = "unchanged"
    """It had them, or it is not there any more."""
    CONFLICT = "conflict"
    """Something else has some of them; it has taken nothing."""


def claim_opened(slot: SlotId) -> Outcome:
    """Takes the minutes of a slot that an earlier release has opened; doing it again changes nothing."""
    return retrying_contention(lambda: _claim(slot))


def _claim(slot: SlotId) -> Outcome:
    days = days_of(slot)
    minutes, alone = minutes_between(slot.start_at, slot.end_at), minutes_alone(slot, days)
    hours = read_hour_records(slot.specialist_id, minutes)
    if first_taken(hours, alone):
        return Outcome.CONFLICT
    # What it shares with another slot, the other one may have taken for both.
    missing = without(minutes, {hour: record.minutes for hour, record in hours.items()})
    transaction = Transaction()
    marked = transaction.update(
        SlotItem.at(slot),
        [SlotItem.claimed.set(True)],  # the attribute's value
        condition=(SlotItem.slot_id == slot.text) & SlotItem.claimed.does_not_exist(),
    )
    claim_minutes(transaction, slot.specialist_id, missing)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if failure.failed(marked):
            return Outcome.UNCHANGED
        raise Contended from None
    return Outcome.CLAIMED
