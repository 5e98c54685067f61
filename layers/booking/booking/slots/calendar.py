"""What stands in a specialist's calendar: what is taken of a stretch of time, and all that its holder has put there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.dynamodb.queries import query_items
from booking.slots.hours import HourItem, Hours, hour_key, hour_of, is_hour
from booking.slots.minutes import Minutes
from booking.slots.rules import Slot
from booking.slots.table import SlotItem, slot_key
from booking.slots.time_off import TimeOff, TimeOffItem
from booking.specialists.opening_hours import Schedule
from booking.specialists.rules import DateHours, Profile, Service
from booking.specialists.table import CalendarItem, DateItem, ProfileItem, ScheduleItem, ServiceItem


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


@dataclass(frozen=True, slots=True)
class Calendar:
    """All of it but what follows from it: which minutes are taken, what is waited for, what is to be told by mail."""

    profile: Profile | None
    schedule: Schedule | None
    services: Sequence[Service]
    dates: Sequence[DateHours]
    time_off: Sequence[TimeOff]
    slots: Sequence[Slot]


def read_calendar(specialist_id: str) -> Calendar:
    """What is stored now; nothing for who is no specialist."""
    found = query_items(CalendarItem, specialist_id, None, consistent=True)
    kinds = [(raw["sk"]["S"].partition("#")[0], raw) for raw in found if not is_hour(raw)]
    return Calendar(
        next((ProfileItem.from_old(raw).to_profile() for kind, raw in kinds if kind == "profile"), None),
        next((ScheduleItem.from_old(raw).to_schedule() for kind, raw in kinds if kind == "schedule"), None),
        [ServiceItem.from_old(raw).to_service() for kind, raw in kinds if kind == "service"],
        [DateItem.from_old(raw).to_date_hours() for kind, raw in kinds if kind == "date"],
        [TimeOffItem.from_old(raw).to_time_off() for kind, raw in kinds if kind == "off"],
        [SlotItem.from_old(raw).to_slot() for kind, raw in kinds if kind == "slot"],
    )
