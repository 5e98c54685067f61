"""The days that a slot lies in: each one's record says which stretches of it slots take up."""

from collections.abc import Iterable

from pynamodb.expressions.update import Action

from booking.dynamodb.errors import Step
from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.slots.minutes import Minutes, minutes_between, without
from booking.slots.rules import days_touched
from booking.slots.slot_id import SlotId
from booking.slots.table import DayItem, day_key


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
