"""Hour records: what is taken of a specialist's time, hour by UTC hour, and how many wait for some of it.

This is what keeps bookings, hand-opened slots and time off from sharing a minute. Two writes meet only where they touch
the same hour, and one refuses the other only where they share a minute.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import NumberAttribute, NumberSetAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from booking.dynamodb.attributes import RawItem
from booking.dynamodb.errors import Step
from booking.dynamodb.items import get_all
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds
from booking.slots.minutes import Minutes
from booking.slots.table import SLOT_KEY_PREFIX
from booking.specialists.table import CalendarItem

type Hours = Mapping[datetime, "HourItem"]
"""Hour records as they were read, by their hour."""

MINUTES_AN_HOUR = 60
_KEPT = timedelta(days=3)
_KEY_FORMAT = f"{SLOT_KEY_PREFIX}%Y-%m-%dT%H"
_KEY_LENGTH = len(f"{SLOT_KEY_PREFIX}2026-11-25T09")


class HourItem(CalendarItem):
    """An hour of a specialist's: the minutes that are taken, and how many wait-list entries need some of it.

    `version` rises with every change. Its sort key stands right before those of the slots that start in the hour.
    """

    taken = NumberSetAttribute(null=True)
    waiting = NumberAttribute(default=0)
    version = NumberAttribute(default=0)
    expires_at = NumberAttribute(null=True)

    @property
    def minutes(self) -> frozenset[int]:
        """The minutes that are taken."""
        return frozenset(int(minute) for minute in self.taken or ())


def hour_key(hour: datetime) -> str:
    """The sort key of an hour's record."""
    return hour.astimezone(UTC).strftime(_KEY_FORMAT)


def is_hour(raw: RawItem) -> bool:
    """Whether an item among the slots of the calendar is an hour's record."""
    return len(raw["sk"]["S"]) == _KEY_LENGTH


def hour_of(raw: RawItem) -> datetime:
    """Which hour a record is of."""
    return datetime.strptime(raw["sk"]["S"], _KEY_FORMAT).replace(tzinfo=UTC)


def read_hour_records(specialist_id: str, hours: Collection[datetime]) -> Hours:
    """The records of these hours, empty ones where nothing is taken yet; in one consistent read."""
    found = get_all(CalendarItem, [(specialist_id, hour_key(hour)) for hour in hours]) if hours else []
    return hours_among(found, specialist_id, hours)


def hours_among(found: Iterable[RawItem], specialist_id: str, hours: Iterable[datetime]) -> Hours:
    """The records of these hours among items that were read, empty ones for those that are not among them."""
    by_key = {raw["sk"]["S"]: raw for raw in found}
    return {
        hour: HourItem.from_old(by_key[key]) if (key := hour_key(hour)) in by_key else empty_hour(specialist_id, hour)
        for hour in hours
    }


def first_taken(hours: Hours, minutes: Minutes) -> tuple[datetime, int] | None:
    """One of the minutes that is taken, with its hour; None if all of them are free."""
    for hour, those in minutes.items():
        if taken := hours[hour].minutes & those:
            return hour, min(taken)
    return None


def claim_minutes(transaction: Transaction, specialist_id: str, minutes: Minutes) -> list[Step]:
    """The minutes are taken from now on, if none of them is yet."""
    return [
        _change(transaction, specialist_id, hour, HourItem.taken.add(set(those)), _are_free(those))
        for hour, those in minutes.items()
    ]


def release_minutes(transaction: Transaction, specialist_id: str, minutes: Minutes) -> list[Step]:
    """The minutes are free from now on, if nobody waits for any time of their hours."""
    nobody = HourItem.waiting.does_not_exist() | (HourItem.waiting == 0)
    return [
        _change(transaction, specialist_id, hour, HourItem.taken.delete(set(those)), nobody)
        for hour, those in minutes.items()
    ]


def abandon_minutes(transaction: Transaction, specialist_id: str, minutes: Minutes) -> None:
    """The minutes are free from now on, whoever waits: their specialist offers nothing any more."""
    for hour, those in minutes.items():
        _change(transaction, specialist_id, hour, HourItem.taken.delete(set(those)), None)


def set_hour(transaction: Transaction, record: HourItem, hour: datetime, taken: frozenset[int], waiting: int) -> Step:
    """The hour is as it is said here, if it still is as it was read."""
    return transaction.update(
        empty_hour(record.specialist_id, hour),
        [
            HourItem.taken.set(set(taken)) if taken else HourItem.taken.remove(),
            HourItem.waiting.set(waiting),
            HourItem.version.set(record.version + 1),
            HourItem.expires_at.set(_expiry(hour)),
        ],
        condition=is_as_read(record),
    )


def is_as_read(record: HourItem) -> Condition:
    """Nobody has changed the hour since it was read."""
    unchanged: Condition = (
        HourItem.version == record.version if record.version else HourItem.specialist_id.does_not_exist()
    )
    return unchanged


def check_taken(transaction: Transaction, specialist_id: str, hour: datetime, minutes: Iterable[int]) -> Step:
    """The write happens only if these minutes of the hour are still taken, all of them."""
    are_taken = _all([HourItem.taken.contains(minute) for minute in sorted(minutes)])
    return transaction.check(empty_hour(specialist_id, hour), are_taken)


def count_waiting(
    transaction: Transaction, specialist_id: str, hour: datetime, change: int, *, condition: Condition | None = None
) -> Step:
    """So many more, or fewer, wait for some time of the hour."""
    counted = HourItem.waiting.set((HourItem.waiting | 0) + change)
    return _change(transaction, specialist_id, hour, counted, condition)


def _change(
    transaction: Transaction, specialist_id: str, hour: datetime, change: Action, condition: Condition | None
) -> Step:
    return transaction.update(
        empty_hour(specialist_id, hour),
        [
            change,
            HourItem.version.set((HourItem.version | 0) + 1),
            HourItem.expires_at.set(_expiry(hour)),
        ],
        condition=condition,
    )


def _are_free(minutes: frozenset[int]) -> Condition:
    """None of the minutes is taken. DynamoDB takes 300 operators in a condition; this makes 179 at most."""
    if len(minutes) == MINUTES_AN_HOUR:
        nothing: Condition = HourItem.taken.does_not_exist()
        return nothing
    return _all([~HourItem.taken.contains(minute) for minute in sorted(minutes)])


def _all(conditions: list[Condition]) -> Condition:
    """Halves of halves, so that no parentheses are nested deeply."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    both: Condition = _all(conditions[:middle]) & _all(conditions[middle:])
    return both


def empty_hour(specialist_id: str, hour: datetime) -> HourItem:
    """The record of an hour of which nothing was ever taken; it is not stored."""
    return HourItem(specialist_id=specialist_id, sk=hour_key(hour))


def _expiry(hour: datetime) -> int:
    return epoch_seconds(hour + _KEPT)
