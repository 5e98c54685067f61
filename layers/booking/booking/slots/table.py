"""The items of the calendar table that slots are made of (`booking.specialists.table` has the others)."""

from datetime import date, datetime
from typing import Any, Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from booking.dynamodb.attributes import InstantAttribute, RawItem
from booking.runtime.clock import from_stored, to_stored
from booking.slots.rules import Slot
from booking.slots.slot_id import SlotId
from booking.specialists.table import CalendarItem

SLOT_KEY_PREFIX = "slot#"


class SlotItem(CalendarItem):
    """A slot: who holds it (`booking_id`, `client_id`, both or neither) and how many wait for it.

    `joins` rises with everybody who joins: one who leaves and one who comes leave `waiters` as it was.
    `closed` is set on a booked slot whose specialist is deactivated: once it is free, it is withdrawn. `claimed` says
    that its minutes stand in hour records, as those of slots do not that an earlier release has opened.
    """

    slot_id = UnicodeAttribute()
    start_at = InstantAttribute()
    end_at = InstantAttribute()
    booking_id = UnicodeAttribute(null=True)
    client_id = UnicodeAttribute(null=True)
    waiters = NumberAttribute(default=0)
    joins = NumberAttribute(null=True)
    closed = BooleanAttribute(null=True)
    claimed = BooleanAttribute(null=True)

    @classmethod
    def at(cls, slot: SlotId, **attributes: Any) -> Self:
        """The item at the slot's place: its key, and what else is given."""
        return cls(specialist_id=slot.specialist_id, sk=slot_key(slot.start_at), **attributes)

    @classmethod
    def found(cls, slot: SlotId, old: RawItem | None) -> Self | None:
        """What stands at the slot's place if that is still the slot; None if it was deleted, or replaced by another."""
        item = cls.from_old(old) if old else None
        return item if item and item.slot_id == slot.text else None

    @property
    def is_withdrawn(self) -> bool:
        """Whether the slot counts as gone for everybody: it is closed, and nobody's booking any more."""
        return bool(self.closed) and not self.booking_id

    def to_slot(self) -> Slot:
        """The slot as clients see it."""
        return Slot(self.slot_id, self.specialist_id, self.start_at, self.end_at, self.booking_id is not None)


class DayItem(CalendarItem):
    """The stretches of a UTC day that slots take up.

    `version` rises with each change, so that two writers who have seen the same day cannot both change
    it: this is what keeps slots apart that are opened at the same moment.
    """

    taken = UnicodeSetAttribute(null=True)
    version = NumberAttribute(default=0)

    def intervals(self) -> list[tuple[datetime, datetime]]:
        """Start and end of each slot of the day."""
        pairs = (text.split("/") for text in self.taken or ())
        return [(from_stored(start), from_stored(end)) for start, end in pairs]


IS_NOT_WITHDRAWN = SlotItem.closed.does_not_exist() | SlotItem.booking_id.exists()


def slot_key(start_at: datetime) -> str:
    """The sort key of a slot: slots of one specialist never overlap, so the start names it."""
    return f"{SLOT_KEY_PREFIX}{to_stored(start_at)}"


def day_key(day: date) -> str:
    """The sort key of a day's record."""
    return f"day#{day.isoformat()}"


def interval_text(slot: SlotId) -> str:
    """How a slot stands in its day's record."""
    return f"{to_stored(slot.start_at)}/{to_stored(slot.end_at)}"
