"""The days that a slot lies in: each one's record says which stretches of it slots take up."""

from pynamodb.expressions.update import Action

from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.slots.rules import days_touched
from booking.slots.slot_id import SlotId
from booking.slots.table import DayItem, day_key


def days_of(slot: SlotId) -> list[DayItem]:
    """The records of the days that the slot touches; a day without slots has an empty one."""
    keys = [day_key(day) for day in days_touched(slot.start_at, slot.end_at)]
    found = (get(DayItem, slot.specialist_id, key, consistent=True) for key in keys)
    return [day or DayItem(specialist_id=slot.specialist_id, sk=key) for day, key in zip(found, keys, strict=True)]


def change_day(transaction: Transaction, day: DayItem, change: Action) -> None:
    """The change of a day's record, under the condition that nobody has changed it since it was read."""
    unchanged = DayItem.version == day.version if day.version else DayItem.specialist_id.does_not_exist()
    transaction.update(
        DayItem(specialist_id=day.specialist_id, sk=day.sk),
        [change, DayItem.version.set(day.version + 1)],
        condition=unchanged,
    )
