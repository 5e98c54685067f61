"""What is taken of a stretch of a specialist's time, and the slots that were opened in it by hand: one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.dynamodb.queries import query_items
from booking.slots.hours import HourItem, Hours, hour_key, hour_of, is_hour
from booking.slots.minutes import Minutes
from booking.slots.table import SlotItem, slot_key
from booking.specialists.table import CalendarItem


@dataclass(frozen=True, slots=True)
class Timeline:
    """The hour records, their minutes, and the hand-opened slots of some time, in its order."""

    hours: Hours
    taken: Minutes
    opened: Sequence[SlotItem]

    def is_free(self, minutes: Minutes) -> bool:
        """Whether none of the minutes is taken."""
        return not any(self.taken[hour] & those for hour, those in minutes.items() if hour in self.taken)


def read_timeline(specialist_id: str, first: datetime, last: datetime) -> Timeline:
    """What stands from the hour of `first` to `last`, read consistently."""
    within = CalendarItem.sk.between(hour_key(first), slot_key(last))
    found = query_items(CalendarItem, specialist_id, within, consistent=True)
    hours = {hour_of(raw): HourItem.from_old(raw) for raw in found if is_hour(raw)}
    return Timeline(
        hours,
        {hour: record.minutes for hour, record in hours.items()},
        [SlotItem.from_old(raw) for raw in found if not is_hour(raw)],
    )
