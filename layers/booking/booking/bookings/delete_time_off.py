"""Deleting time off: it is free for whoever waits for some of it."""

from contextlib import suppress
from datetime import datetime

from booking.bookings.free_time import WhyNot, free_time, promote_rest, retrying_free
from booking.caller import Caller
from booking.dynamodb.errors import ConditionFailed, Contended
from booking.dynamodb.items import delete, get
from booking.dynamodb.transaction import Transaction
from booking.slots.errors import TimeOffNotFound
from booking.slots.minutes import minutes_between
from booking.slots.promotion_plan import Freed
from booking.slots.time_off import TimeOffItem, start_in_id


def delete_time_off(caller: Caller, time_off_id: str, now: datetime) -> None:
    """Raises `TimeOffNotFound`, also for what is another specialist's.

    If more wait for it than one write can promote, it takes no time from that write on, and is deleted after the last
    of them: a repeat goes on where an attempt was cut short.
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
        return lambda failure: Contended() if failure.failed(ended) else None

    return freed, free_time(freed, compose, now)
