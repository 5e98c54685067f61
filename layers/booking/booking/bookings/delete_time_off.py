"""Deleting time off: it is free for whoever waits for some of it."""

from datetime import datetime

from booking.bookings.free_time import WhyNot, free_time, retrying_free
from booking.caller import Caller
from booking.dynamodb.errors import Contended
from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.slots.errors import TimeOffNotFound
from booking.slots.minutes import minutes_between
from booking.slots.promotion_plan import Freed
from booking.slots.time_off import TimeOffItem, start_in_id


def delete_time_off(caller: Caller, time_off_id: str, now: datetime) -> None:
    """Raises `TimeOffNotFound`, also for what is another specialist's."""
    retrying_free(lambda: _delete(caller.specialist_id, time_off_id, now))


def _delete(specialist_id: str, time_off_id: str, now: datetime) -> None:
    key = TimeOffItem.at(specialist_id, start_in_id(time_off_id))
    found = get(TimeOffItem, key.specialist_id, key.sk, consistent=True)
    if found is None or found.time_off_id != time_off_id:
        raise TimeOffNotFound

    def compose(transaction: Transaction) -> WhyNot:
        deleted = transaction.delete(key, condition=TimeOffItem.time_off_id == time_off_id)
        return lambda failure: Contended() if failure.failed(deleted) else None

    free_time(Freed(specialist_id, minutes_between(found.start_at, found.end_at)), compose, now)
