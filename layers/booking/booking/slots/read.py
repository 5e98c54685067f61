"""Looking slots up: one by its id, lists of both kinds, and how much of a day is free."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from heapq import merge
from itertools import islice

from booking.caller import Caller
from booking.dynamodb.items import get
from booking.dynamodb.queries import Page, PageRequest
from booking.runtime.clock import from_stored, to_stored
from booking.slots.calendar import Timeline, read_timeline
from booking.slots.errors import SlotNotFound
from booking.slots.ids import SlotId
from booking.slots.rules import LONGEST_BUFFER, LONGEST_SLOT, Availability, Slot, bounds_of_days, has_started
from booking.slots.table import SlotItem, slot_key
from booking.specialists.errors import ServiceNotFound
from booking.specialists.offer import Offer, read_offer
from booking.specialists.profiles import own_profile
from booking.specialists.rules import BookedService, Service

_REACH = LONGEST_SLOT + LONGEST_BUFFER


@dataclass(frozen=True, slots=True)
class SlotFilter:
    """Which slots a list shows: those that start from `first` to `until` (excluded), at most 31 days later.

    With a service those that it fits into, and those of its length from opening hours.
    """

    first: datetime
    until: datetime
    service_id: str | None = None
    is_booked: bool | None = None


def find_slot(slot: SlotId) -> Slot:
    """The hand-opened slot as it is now. Raises `SlotNotFound`."""
    item = get(SlotItem, slot.specialist_id, slot_key(slot.start_at), consistent=True)
    if item is None or item.slot_id != slot.text or item.is_withdrawn:
        raise SlotNotFound
    return item.to_slot()


def list_slots(specialist_id: str, wanted: SlotFilter, request: PageRequest, now: datetime) -> Page[Slot]:
    """Slots of both kinds by start. It takes two reads, whatever is stored of other times.

    Raises `SpecialistNotFound`, `ServiceNotFound` (one that is not active, too).
    """
    last_seen = (request.start["start_at"], request.start["id"]) if request.start else None
    first = max(wanted.first, from_stored(last_seen[0])) if last_seen else wanted.first
    found = (
        slot
        for slot in _slots(specialist_id, SlotFilter(first, wanted.until, wanted.service_id), now)
        if wanted.is_booked in (None, slot.is_booked) and (last_seen is None or _place(slot) > last_seen)
    )
    page = list(islice(found, request.offset, request.offset + request.limit + 1))
    if len(page) <= request.limit:
        return Page(page, None)
    start_at, slot_id = _place(page[request.limit - 1])
    return Page(page[: request.limit], {"start_at": start_at, "id": slot_id})


def list_own_slots(caller: Caller, wanted: SlotFilter, request: PageRequest, now: datetime) -> Page[Slot]:
    """The same of the caller's own. Raises `ProfileNotFound`, `ServiceNotFound`."""
    with own_profile():
        return list_slots(caller.specialist_id, wanted, request, now)


def get_availability(
    specialist_id: str,
    first_day: date,
    days: int,
    time_zone: tzinfo,
    now: datetime,
    *,
    service_id: str | None = None,
) -> Sequence[Availability]:
    """For each day how many slots of both kinds start on it, and how many are free.

    Raises `SpecialistNotFound`, `ServiceNotFound` (one that is not active, too).
    """
    first, until = bounds_of_days(first_day, first_day + timedelta(days=days - 1), time_zone)
    total: Counter[date] = Counter()
    free: Counter[date] = Counter()
    for slot in _slots(specialist_id, SlotFilter(first, until, service_id), now):
        day = slot.start_at.astimezone(time_zone).date()
        total[day] += 1
        free[day] += not slot.is_booked
    asked = (first_day + timedelta(days=number) for number in range(days))
    return [Availability(day, total[day], free[day]) for day in asked]


def _slots(specialist_id: str, wanted: SlotFilter, now: datetime) -> Iterator[Slot]:
    offer = read_offer(
        specialist_id, wanted.first, wanted.until, [] if wanted.service_id is None else [wanted.service_id]
    )
    service = None if wanted.service_id is None else offer.service(wanted.service_id)
    if service and not service.is_active:
        raise ServiceNotFound
    timeline = read_timeline(specialist_id, wanted.first - LONGEST_BUFFER, wanted.until + _REACH)
    opened = _opened_slots(timeline, wanted, service, now)
    return merge(opened, _slots_of_hours(offer, timeline, wanted, service, now), key=_place)


def _opened_slots(timeline: Timeline, wanted: SlotFilter, service: Service | None, now: datetime) -> Iterator[Slot]:
    booked_for = service.as_booked() if service else None
    length = timedelta(minutes=service.duration_minutes if service else 0)
    for item in timeline.opened:
        if (
            not wanted.first <= item.start_at < wanted.until
            or item.is_withdrawn
            or item.end_at - item.start_at < length
        ):
            continue
        slot = item.to_slot()
        if not slot.is_booked and has_started(slot.start_at, now):
            continue
        if not slot.is_booked and booked_for:
            yield _with_time(SlotId(item.slot_id, item.specialist_id, item.start_at, item.end_at), booked_for, timeline)
        else:
            yield slot


def _slots_of_hours(
    offer: Offer, timeline: Timeline, wanted: SlotFilter, service: Service | None, now: datetime
) -> Iterator[Slot]:
    if offer.is_closed:
        return
    schedule = offer.hours.schedule
    length = timedelta(minutes=service.duration_minutes if service else schedule.slot_minutes)
    first = max(wanted.first, schedule.earliest_start(now))
    until = min(wanted.until, schedule.latest_start(now) + datetime.resolution)
    for start_at in offer.hours.starts(first, until, length):
        if not has_started(start_at, now):
            slot = SlotId.of_hours(offer.profile.id, start_at, length)
            yield _with_time(slot, service.as_booked() if service else None, timeline)


def _with_time(slot: SlotId, service: BookedService | None, timeline: Timeline) -> Slot:
    """The slot, booked if something takes a minute that its booking would need."""
    is_booked = not timeline.is_free(slot.minutes_for(service))
    return Slot(slot.text, slot.specialist_id, slot.start_at, slot.end_at, is_booked)


def _place(slot: Slot) -> tuple[str, str]:
    """Where a slot stands in lists."""
    return to_stored(slot.start_at), slot.id
