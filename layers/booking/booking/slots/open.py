"""Opening a slot."""

from datetime import datetime

from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.errors import Forbidden
from booking.slots.days import change_day, days_of, minutes_alone
from booking.slots.errors import DayIsFull, SlotOverlaps, TimeTaken
from booking.slots.hours import claim_minutes
from booking.slots.rules import Slot, check_slot_times, overlaps
from booking.slots.slot_id import SlotId
from booking.slots.table import DayItem, SlotItem, interval_text
from booking.specialists import profiles

MOST_SLOTS_A_DAY = 288


def open_slot(caller: Caller, start_at: datetime, end_at: datetime, now: datetime) -> Slot:
    """A new, free slot of the caller's.

    The days that it touches are read and then changed under the condition that nobody has changed them
    in between. Raises `Invalid` (which rule of time it breaks), `SlotOverlaps`, `TimeTaken` by something else than
    another hand-opened slot, `DayIsFull`, `Forbidden` if the caller's account is deactivated.
    """
    check_slot_times(start_at, end_at, now)
    profiles.ensure(caller, now)
    slot = SlotId.new(caller.specialist_id, start_at, end_at)
    return retrying_contention(lambda: _open(slot))


def _open(slot: SlotId) -> Slot:
    days = days_of(slot)
    for day in days:
        if any(overlaps((slot.start_at, slot.end_at), taken) for taken in day.intervals()):
            raise SlotOverlaps
        if len(day.taken or ()) >= MOST_SLOTS_A_DAY:
            raise DayIsFull
    item = SlotItem.at(slot, slot_id=slot.text, end_at=slot.end_at, start_at=slot.start_at, claimed=True)
    transaction = Transaction()
    transaction.put(item, condition=SlotItem.specialist_id.does_not_exist())
    changed = [change_day(transaction, day, DayItem.taken.add({interval_text(slot)})) for day in days]
    claimed = claim_minutes(transaction, slot.specialist_id, minutes_alone(slot, days))
    is_open = profiles.check_open_in(transaction, slot.specialist_id)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if failure.failed(is_open):
            raise Forbidden from None
        if any(map(failure.failed, changed)) or not any(map(failure.failed, claimed)):
            raise Contended from failure
        raise TimeTaken from None
    return item.to_slot()
