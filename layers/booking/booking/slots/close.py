"""What becomes of a specialist's slots when its account is deactivated, and when it is active again."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import ConditionFailed, Contended
from booking.dynamodb.items import update
from booking.dynamodb.queries import query_all
from booking.slots.delete import delete_free
from booking.slots.errors import BookedSlot, SlotNotFound
from booking.slots.slot_id import SlotId
from booking.slots.table import SlotItem, slot_key


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


def _slots_to_come(specialist_id: str, now: datetime) -> list[SlotItem]:
    until = datetime.max.replace(tzinfo=UTC)
    within = SlotItem.sk.between(slot_key(now), slot_key(until))
    return query_all(SlotItem, specialist_id, within, consistent=True)


def _close(slot: SlotId) -> None:
    """A slot that is booked, or becomes free, between the two attempts is tried again."""
    try:
        delete_free(slot)
    except SlotNotFound:
        return
    except BookedSlot:
        _close_booked(slot)


def _close_booked(slot: SlotId) -> None:
    is_booked = (SlotItem.slot_id == slot.text) & SlotItem.booking_id.exists()
    try:
        update(SlotItem.at(slot), [SlotItem.closed.set(True)], condition=is_booked)  # the attribute's value
    except ConditionFailed as failure:
        raise Contended from failure
