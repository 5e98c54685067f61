"""Looking slots up: one by its id, lists, and how much of a day is free."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from booking.caller import Caller
from booking.dynamodb.items import get
from booking.dynamodb.queries import Page, PageRequest, query_all, query_page
from booking.slots.errors import SlotNotFound
from booking.slots.rules import Availability, Slot
from booking.slots.slot_id import SlotId
from booking.slots.table import IS_NOT_WITHDRAWN, SlotItem, slot_key
from booking.specialists import profiles


def find_slot(slot: SlotId) -> Slot:
    """The slot as it is now. Raises `SlotNotFound`."""
    item = get(SlotItem, slot.specialist_id, slot_key(slot.start_at), consistent=True)
    if item is None or item.slot_id != slot.text or item.is_withdrawn:
        raise SlotNotFound
    return item.to_slot()


def list_slots(
    specialist_id: str, day: date | None, time_zone: tzinfo, request: PageRequest, now: datetime
) -> Page[Slot]:
    """The slots that start on that day of that time zone, or from now on. Raises `SpecialistNotFound`."""
    profiles.check_specialist_id(specialist_id)
    page = _page(specialist_id, day, time_zone, request, now)
    if not page.items:
        profiles.get_profile(specialist_id)
    return page


def list_own_slots(
    caller: Caller, day: date | None, time_zone: tzinfo, request: PageRequest, now: datetime
) -> Page[Slot]:
    """The same of the caller's own slots. Raises `ProfileNotFound`."""
    page = _page(caller.specialist_id, day, time_zone, request, now)
    if not page.items:
        profiles.get_own_profile(caller)
    return page


def get_availability(specialist_id: str, first_day: date, days: int, time_zone: tzinfo) -> Sequence[Availability]:
    """For each day how many slots start on it, and how many are free. Raises `SpecialistNotFound`."""
    profiles.check_specialist_id(specialist_id)
    first, last = day_bounds(first_day, days, time_zone)
    within = SlotItem.sk.between(slot_key(first), slot_key(last))
    items = [item for item in query_all(SlotItem, specialist_id, within) if not item.is_withdrawn]
    if not items:
        profiles.get_profile(specialist_id)
    total = Counter(item.start_at.astimezone(time_zone).date() for item in items)
    free = Counter(item.start_at.astimezone(time_zone).date() for item in items if not item.booking_id)
    asked = (first_day + timedelta(days=number) for number in range(days))
    return [Availability(day, total[day], free[day]) for day in asked]


def day_bounds(first_day: date, days: int, time_zone: tzinfo) -> tuple[datetime, datetime]:
    """The first and the last instant of so many days, as the time zone has them."""
    start = datetime.combine(first_day, time.min, time_zone)
    end = datetime.combine(first_day + timedelta(days=days), time.min, time_zone)
    return start.astimezone(UTC), end.astimezone(UTC) - timedelta(microseconds=1)


def _page(specialist_id: str, day: date | None, time_zone: tzinfo, request: PageRequest, now: datetime) -> Page[Slot]:
    first, last = day_bounds(day, 1, time_zone) if day else (now, datetime.max.replace(tzinfo=UTC))
    if request.start and request.start["sk"] < slot_key(first):
        # The last slot seen has started meanwhile; DynamoDB refuses to go on after a key outside of the range.
        request = replace(request, start=None)
    page = query_page(
        SlotItem,
        specialist_id,
        SlotItem.sk.between(slot_key(first), slot_key(last)),
        request,
        key_of=SlotItem.key,
        only=IS_NOT_WITHDRAWN,
    )
    return page.map(SlotItem.to_slot)
