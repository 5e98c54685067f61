"""Slots that are opened by hand: how they begin and end, and the days that they lie in.

Each day's record says which stretches of it slots take up, so that no two of them overlap.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pynamodb.expressions.update import Action

from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, Step, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.slots.errors import BookedSlot, DayIsFull, SlotNotFound, SlotOverlaps, TimeTaken
from booking.slots.hours import claim_minutes
from booking.slots.ids import SlotId
from booking.slots.minutes import Minutes, minutes_between, without
from booking.slots.rules import Slot, check_slot_times, days_touched, overlaps
from booking.slots.table import DayItem, SlotItem, day_key, interval_text
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
    try:
        profiles.commit_while_open(transaction, slot.specialist_id)
    except TransactionCanceled as failure:
        if any(map(failure.failed, changed)) or not any(map(failure.failed, claimed)):
            raise Contended from failure
        raise TimeTaken from None
    return item.to_slot()


def delete_in(transaction: Transaction, slot: SlotId, days: Iterable[DayItem]) -> Sequence[Step]:
    """The slot ends, if it is there and free (the first step), and leaves the days that it touches (the others).

    Its minutes are another part of the write.
    """
    deleted = transaction.delete(
        SlotItem.at(slot), condition=(SlotItem.slot_id == slot.text) & SlotItem.booking_id.does_not_exist()
    )
    leaving = DayItem.taken.delete({interval_text(slot)})
    return [deleted, *(change_day(transaction, day, leaving) for day in days)]


def why_not_deleted(
    slot: SlotId, failure: TransactionCanceled, deleted: Step, changed: Iterable[Step]
) -> Exception | None:
    """Tells by the slot's old item why `delete_in` failed; None if that is not what failed."""
    if failure.failed(deleted):
        return BookedSlot() if SlotItem.found(slot, failure.old(deleted)) else SlotNotFound()
    return Contended() if any(map(failure.failed, changed)) else None


def days_of(slot: SlotId) -> list[DayItem]:
    """The records of the days that the slot touches; a day without slots has an empty one."""
    keys = [day_key(day) for day in days_touched(slot.start_at, slot.end_at)]
    found = (get(DayItem, slot.specialist_id, key, consistent=True) for key in keys)
    return [day or DayItem(specialist_id=slot.specialist_id, sk=key) for day, key in zip(found, keys, strict=True)]


def change_day(transaction: Transaction, day: DayItem, change: Action) -> Step:
    """The change of a day's record, under the condition that nobody has changed it since it was read."""
    unchanged = DayItem.version == day.version if day.version else DayItem.specialist_id.does_not_exist()
    return transaction.update(
        DayItem(specialist_id=day.specialist_id, sk=day.sk),
        [change, DayItem.version.set(day.version + 1)],
        condition=unchanged,
    )


def minutes_alone(slot: SlotId, days: Iterable[DayItem]) -> Minutes:
    """The minutes that the slot has a part of and no other hand-opened slot has.

    Slots touch to the microsecond, so two may have parts of a minute: the first has taken it for both.
    """
    minutes = minutes_between(slot.start_at, slot.end_at)
    for start_at, end_at in {interval for day in days for interval in day.intervals()}:
        if (start_at, end_at) != (slot.start_at, slot.end_at):
            minutes = without(minutes, minutes_between(start_at, end_at))
    return minutes
