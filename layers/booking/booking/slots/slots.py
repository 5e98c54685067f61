"""The slots that a specialist opens."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial

from pynamodb.expressions.update import Action

from booking.caller import Caller
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import ConditionFailed, Contended, TransactionCanceled
from booking.dynamodb.items import get, update
from booking.dynamodb.queries import Page, PageRequest, query_all, query_page
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError, Forbidden
from booking.slots.errors import BookedSlot, DayIsFull, SlotNotFound, SlotOverlaps
from booking.slots.rules import Availability, Slot, check_slot_times, days_touched, overlaps
from booking.slots.slot_id import SlotId
from booking.slots.table import DayItem, SlotItem, day_key, interval_text, slot_key
from booking.specialists import profiles

MOST_SLOTS_A_DAY = 1000
# A slot that was closed while it was booked, and has become free, is nobody's.
_CAN_BE_HAD = SlotItem.closed.does_not_exist() | SlotItem.booking_id.exists()


def open_slot(caller: Caller, start_at: datetime, end_at: datetime, now: datetime) -> Slot:
    """A new, free slot of the caller's.

    The days that it touches are read and then changed under the condition that nobody has changed them
    in between. Raises `Invalid` (which rule of time it breaks), `SlotOverlaps`, `DayIsFull`, `Forbidden` if the
    caller's account is deactivated.
    """
    check_slot_times(start_at, end_at, now)
    profiles.ensure(caller, now)
    slot_id = SlotId.new(caller.specialist_id, start_at, end_at)
    return retrying_contention(lambda: _open(slot_id))


def delete_slot(caller: Caller, slot_id: str) -> None:
    """Raises `SlotNotFound` (someone else's slot, too), `BookedSlot`."""
    slot = SlotId.parse(slot_id)
    if slot is None or slot.specialist_id != caller.specialist_id:
        raise SlotNotFound
    retrying_contention(lambda: _delete(slot))


def close_slots(specialist_id: str, now: datetime) -> None:
    """Deletes the specialist's free slots to come, and closes the booked ones for when they become free.

    Nobody can open one meanwhile if the profile is closed before.
    """
    for item in _slots_to_come(specialist_id, now):
        slot = SlotId.parse(item.slot_id)
        if slot is not None:
            retrying_contention(partial(_close, slot))


def reopen_slots(specialist_id: str, now: datetime) -> None:
    """Lets the slots that were closed while they were booked be taken again when they become free."""
    for item in _slots_to_come(specialist_id, now):
        if item.closed:
            with suppress(ConditionFailed):
                update(item, [SlotItem.closed.remove()], condition=SlotItem.slot_id == item.slot_id)


def find_slot(slot: SlotId) -> SlotItem:
    """The slot's item. Raises `SlotNotFound`."""
    item = get(SlotItem, slot.specialist_id, slot_key(slot.start_at), consistent=True)
    if item is None or item.slot_id != slot.text:
        raise SlotNotFound
    return item


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
    items = [item for item in query_all(SlotItem, specialist_id, within) if item.booking_id or not item.closed]
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
        only=_CAN_BE_HAD,
    )
    return page.map(SlotItem.to_slot)


def _open(slot_id: SlotId) -> Slot:
    days = _days_of(slot_id)
    wanted = (slot_id.start_at, slot_id.end_at)
    for day in days:
        if any(overlaps(wanted, taken) for taken in day.intervals()):
            raise SlotOverlaps
        if len(day.taken or ()) >= MOST_SLOTS_A_DAY:
            raise DayIsFull
    slot = SlotItem(
        specialist_id=slot_id.specialist_id,
        sk=slot_key(slot_id.start_at),
        slot_id=slot_id.text,
        start_at=slot_id.start_at,
        end_at=slot_id.end_at,
    )
    transaction = Transaction()
    transaction.put(slot, condition=SlotItem.specialist_id.does_not_exist())
    interval = {interval_text(*wanted)}
    for day in days:
        _change_day(transaction, day, DayItem.taken.add(interval))
    is_open = profiles.check_open_in(transaction, slot_id.specialist_id)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if failure.failed(is_open):
            raise Forbidden from None
        raise Contended from failure
    return slot.to_slot()


def _slots_to_come(specialist_id: str, now: datetime) -> list[SlotItem]:
    until = datetime.max.replace(tzinfo=UTC)
    within = SlotItem.sk.between(slot_key(now), slot_key(until))
    return query_all(SlotItem, specialist_id, within, consistent=True)


def _close(slot_id: SlotId) -> None:
    """A slot that is booked, or becomes free, between the two attempts is tried again."""
    try:
        _delete(slot_id)
    except SlotNotFound:
        return
    except BookedSlot:
        _close_booked(slot_id)


def _close_booked(slot_id: SlotId) -> None:
    slot = SlotItem(specialist_id=slot_id.specialist_id, sk=slot_key(slot_id.start_at))
    is_booked = (SlotItem.slot_id == slot_id.text) & SlotItem.booking_id.exists()
    try:
        update(slot, [SlotItem.closed.set(True)], condition=is_booked)  # the attribute's value
    except ConditionFailed as failure:
        raise Contended from failure


def _delete(slot_id: SlotId) -> None:
    interval = {interval_text(slot_id.start_at, slot_id.end_at)}
    transaction = Transaction()
    slot = SlotItem(specialist_id=slot_id.specialist_id, sk=slot_key(slot_id.start_at))
    deleted = transaction.delete(
        slot, condition=(SlotItem.slot_id == slot_id.text) & SlotItem.booking_id.does_not_exist()
    )
    for day in _days_of(slot_id):
        _change_day(transaction, day, DayItem.taken.delete(interval))
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if not failure.failed(deleted):
            raise Contended from failure
        raise _why_not_deleted(slot_id, failure.old(deleted)) from None


def _why_not_deleted(slot_id: SlotId, old: RawItem | None) -> BookingError:
    found = SlotItem.from_old(old) if old else None
    if found is None or found.slot_id != slot_id.text:
        return SlotNotFound()
    return BookedSlot()


def _days_of(slot_id: SlotId) -> list[DayItem]:
    """The records of the days that the slot touches; a day without slots has an empty one."""
    keys = [day_key(day) for day in days_touched(slot_id.start_at, slot_id.end_at)]
    found = (get(DayItem, slot_id.specialist_id, key, consistent=True) for key in keys)
    return [day or DayItem(specialist_id=slot_id.specialist_id, sk=key) for day, key in zip(found, keys, strict=True)]


def _change_day(transaction: Transaction, day: DayItem, change: Action) -> None:
    unchanged = DayItem.version == day.version if day.version else DayItem.specialist_id.does_not_exist()
    transaction.update(
        DayItem(specialist_id=day.specialist_id, sk=day.sk),
        [change, DayItem.version.set(day.version + 1)],
        condition=unchanged,
    )
