"""Deleting what takes time, a hand-opened slot or time off: it is free for whoever waits for some of it."""

from contextlib import suppress
from datetime import datetime

from booking.bookings.free_time import WhyNot, free_time, promote_rest, retrying_free
from booking.caller import Caller
from booking.dynamodb.errors import ConditionFailed, Contended, TransactionCanceled
from booking.dynamodb.items import delete, get
from booking.dynamodb.transaction import Transaction
from booking.errors import Forbidden
from booking.slots.errors import SlotNotFound, TimeOffNotFound
from booking.slots.ids import SlotId
from booking.slots.minutes import minutes_between
from booking.slots.opened import days_of, delete_in, minutes_alone, why_not_deleted
from booking.slots.promotion import Freed
from booking.slots.rules import has_started
from booking.slots.table import SlotItem, slot_key
from booking.slots.time_off import TimeOffItem, start_in_id
from booking.specialists import profiles


def delete_slot(caller: Caller, slot_id: str, now: datetime) -> None:
    """Raises `SlotNotFound` (someone else's slot, too), `BookedSlot`."""
    slot = SlotId.parse(slot_id)
    if slot is None or slot.from_hours or slot.specialist_id != caller.specialist_id:
        raise SlotNotFound
    freed, is_complete = retrying_free(lambda: _delete(slot, now))
    if not is_complete:
        promote_rest(freed, now)


def _delete(slot: SlotId, now: datetime) -> tuple[Freed, bool]:
    item = get(SlotItem, slot.specialist_id, slot_key(slot.start_at), consistent=True)
    if item is None or item.slot_id != slot.text:
        raise SlotNotFound
    days = days_of(slot)
    # The appointment of a slot that has started may be taking place: what it takes stays taken.
    gives_back = item.claimed and not has_started(slot.start_at, now)
    freed = Freed(slot.specialist_id, minutes_alone(slot, days) if gives_back else {}, unavailable_slot=slot)

    def compose(transaction: Transaction, _: bool) -> WhyNot:  # noqa: FBT001  # as `Compose` says
        deleted, *changed = delete_in(transaction, slot, days)
        return lambda failure: why_not_deleted(slot, failure, deleted, changed)

    return freed, free_time(freed, compose, now)


def delete_time_off(caller: Caller, time_off_id: str, now: datetime) -> None:
    """Raises `TimeOffNotFound`, also for what is another specialist's; `Forbidden` if the caller is deactivated.

    If more wait for it than one write can promote, it takes no time from that write on, and is deleted after the last
    of them: a repeat goes on where an attempt was cut short, also for a caller who is deactivated by then.
    """
    freed, is_complete = retrying_free(lambda: _end(caller.specialist_id, time_off_id, now))
    if not is_complete:
        promote_rest(freed, now)
        key = TimeOffItem.at(caller.specialist_id, start_in_id(time_off_id))
        with suppress(ConditionFailed):
            delete(key, condition=TimeOffItem.time_off_id == time_off_id)


def _end(specialist_id: str, time_off_id: str, now: datetime) -> tuple[Freed, bool]:
    key = TimeOffItem.at(specialist_id, start_in_id(time_off_id))
    found = get(TimeOffItem, key.specialist_id, key.sk, consistent=True)
    if found is None or found.time_off_id != time_off_id:
        raise TimeOffNotFound
    freed = Freed(specialist_id, minutes_between(found.start_at, found.end_at))
    if found.ended:
        return freed, False

    def compose(transaction: Transaction, leaves_some: bool) -> WhyNot:  # noqa: FBT001  # as `Compose` says
        is_there = (TimeOffItem.time_off_id == time_off_id) & TimeOffItem.ended.does_not_exist()
        if leaves_some:
            ended = transaction.update(key, [TimeOffItem.ended.set(True)], condition=is_there)  # the attribute's value
        else:
            ended = transaction.delete(key, condition=is_there)
        is_open = profiles.check_open_in(transaction, specialist_id)

        def why_not(failure: TransactionCanceled) -> Exception | None:
            if failure.failed(is_open):
                return Forbidden()
            return Contended() if failure.failed(ended) else None

        return why_not

    return freed, free_time(freed, compose, now)
