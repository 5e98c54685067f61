"""What becomes of a specialist's slots when its account is deactivated, and when it is active again.

Each slot is a write of its own, which happens only while the profile is still as it was when this began; whoever has
changed it since goes on from there.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import query_items
from booking.dynamodb.transaction import Transaction
from booking.slots.hours import abandon_minutes, is_hour
from booking.slots.ids import SlotId
from booking.slots.opened import days_of, delete_in, minutes_alone
from booking.slots.table import SlotItem, slot_key
from booking.specialists import profiles


class _Overtaken(Exception):
    """The profile was opened or closed since."""


def close_slots(specialist_id: str, now: datetime) -> None:
    """Deletes the specialist's free slots to come, and closes the booked ones for when they become free.

    Nobody can open one meanwhile, for the profile is closed before; nothing happens once it is open again.
    """
    _for_each_to_come(specialist_id, now, _close)


def reopen_slots(specialist_id: str, now: datetime) -> None:
    """Lets the slots that were closed while they were booked be booked again, unless the profile is closed again."""
    _for_each_to_come(specialist_id, now, _reopen)


def _for_each_to_come(specialist_id: str, now: datetime, change: Callable[[SlotItem], None]) -> None:
    within = SlotItem.sk.between(slot_key(now), slot_key(datetime.max.replace(tzinfo=UTC)))
    try:
        for raw in query_items(SlotItem, specialist_id, within, consistent=True):
            if not is_hour(raw):
                change(SlotItem.from_old(raw))
    except _Overtaken:
        return


def _close(item: SlotItem) -> None:
    slot = SlotId.parse(item.slot_id)
    if slot is not None and not (item.closed and item.booking_id):
        retrying_contention(partial(_close_as_it_stands, slot))


def _close_as_it_stands(slot: SlotId) -> None:
    item = get(SlotItem, slot.specialist_id, slot_key(slot.start_at), consistent=True)
    if item is None or item.slot_id != slot.text:
        return
    transaction = Transaction()
    is_closed = profiles.check_closed_in(transaction, slot.specialist_id)
    if item.booking_id:
        closing = [SlotItem.closed.set(True)]  # the attribute's value
        is_booked = (SlotItem.slot_id == slot.text) & SlotItem.booking_id.exists()
        transaction.update(SlotItem.at(slot), closing, condition=is_booked)
    else:
        days = days_of(slot)
        delete_in(transaction, slot, days)
        if item.claimed:
            abandon_minutes(transaction, slot.specialist_id, minutes_alone(slot, days))
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        raise (_Overtaken if failure.failed(is_closed) else Contended) from None


def _reopen(item: SlotItem) -> None:
    if not item.closed:
        return
    transaction = Transaction()
    is_open = profiles.check_open_in(transaction, item.specialist_id)
    key = SlotItem(specialist_id=item.specialist_id, sk=item.sk)
    transaction.update(key, [SlotItem.closed.remove()], condition=SlotItem.slot_id == item.slot_id)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if failure.failed(is_open):
            raise _Overtaken from None
