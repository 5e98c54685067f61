"""A day of opening hours, and what tests look at on it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from booking.caller import Caller
from booking.dynamodb.items import create
from booking.dynamodb.queries import PageRequest
from booking.slots.ids import SlotId
from booking.slots.read import list_slots
from booking.slots.rules import Slot
from booking.specialists.rules import Service
from booking.specialists.table import SCHEDULE_KEY, ScheduleItem
from tests.instants import NOW
from tests.integration.people import on_day
from tests.integration.tables import stored_in_calendar

TODAY = date(2030, 3, 1)  # a Friday; it is eight o'clock


def opened(specialist: Caller, **changes: Any) -> Caller:
    """The specialist, open on Fridays from nine to twelve UTC."""
    item: dict[str, Any] = {
        "hours": {"fri": [[540, 720]]},
        "slot_minutes": 60,
        "step_minutes": 15,
        "min_notice_minutes": 0,
        "horizon_days": 60,
        "change_notice_minutes": 0,
        "version": 1,
    }
    schedule = ScheduleItem(specialist_id=specialist.specialist_id, sk=SCHEDULE_KEY, **(item | changes))
    create(schedule, condition=ScheduleItem.specialist_id.does_not_exist())
    return specialist


def listed(specialist: Caller, service: Service | None = None, now: datetime = NOW) -> list[Slot]:
    """Today's slots, of a service if one is given."""
    wanted = replace(on_day(TODAY, UTC), service_id=service.id if service else None)
    return list(list_slots(specialist.specialist_id, wanted, PageRequest(100), now).items)


def times(slots: Sequence[Slot], *, booked: bool | None = None) -> list[str]:
    """When they start, on the clock; those that are booked, or that are not, if it matters."""
    return [f"{slot.start_at:%H:%M}" for slot in slots if booked in (None, slot.is_booked)]


def slot_at(specialist: Caller, start: str, minutes: int = 60) -> str:
    """The id of today's slot from hours that starts then."""
    at = datetime.combine(TODAY, datetime.strptime(start, "%H:%M").time(), UTC)  # noqa: DTZ007  # the zone follows
    return SlotId.of_hours(specialist.specialist_id, at, timedelta(minutes=minutes)).text


def taken(specialist: Caller) -> dict[str, set[int]]:
    """The minutes that are taken, by hour."""
    hours = [item for item in stored_in_calendar("hour") if item["specialist_id"] == specialist.specialist_id]
    return {item["sk"][-2:]: {int(m) for m in item["taken"]} for item in hours if item.get("taken")}
