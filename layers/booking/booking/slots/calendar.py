"""A specialist's calendar as a whole: what its holder has put there."""

from collections.abc import Sequence
from dataclasses import dataclass

from booking.dynamodb.queries import query_items
from booking.slots.hours import is_hour
from booking.slots.rules import Slot
from booking.slots.table import SlotItem
from booking.slots.time_off import TimeOff, TimeOffItem
from booking.specialists.opening_hours import Schedule
from booking.specialists.rules import DateHours, Profile, Service
from booking.specialists.table import CalendarItem, DateItem, ProfileItem, ScheduleItem, ServiceItem


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
