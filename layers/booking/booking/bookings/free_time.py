"""Freeing time in the write that cancels or moves a booking, or deletes what took it; it goes to who waits for it.

If anything has changed between the reads and the write, the write fails and all of it starts again.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from booking.bookings.rules import OPEN, Booking, new_booking
from booking.bookings.table import BookingItem
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import ConditionFailed, Contended, Step, TransactionCanceled
from booking.dynamodb.items import update
from booking.dynamodb.transaction import MOST_WRITES, Transaction
from booking.errors import StoreUnavailable
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound
from booking.slots.hours import claim_minutes, read_hour_records, release_minutes, set_hour
from booking.slots.ids import SlotId
from booking.slots.minutes import Minutes
from booking.slots.promotion import Freed, Promotion, first_waiter, is_plain, promote
from booking.slots.promotion_plan import plan_promotions
from booking.slots.rules import has_started
from booking.slots.table import release, release_started
from booking.slots.wait_list import drop_inactive

MOST_DROPPED = 25
MOST_ROUNDS = 100
MOST_OWN_WRITES = 3  # a slot's item and the records of the two days that it lies in

type WhyNot = Callable[[TransactionCanceled], Exception | None]
"""Tells which refusal a failed write means by the steps of an operation's own; None if they did not fail."""
type Compose = Callable[[Transaction, bool], WhyNot]
"""Adds an operation's own steps to a write; it is told whether somebody is left who must be promoted after it."""


class WaiterDropped(Exception):
    """Somebody in the wait-list had no active account and is gone from it; the next one's turn has come."""


def freed_by(booking: Booking) -> Freed:
    """What is free once the booking is not there any more, buffers as they were booked."""
    slot = SlotId.parse(booking.slot_id)
    if slot is None:
        raise SlotNotFound
    opened = None if slot.from_hours else slot
    return Freed(slot.specialist_id, slot.minutes_for(booking.service), opened, booking.id)


def retrying_free[R](attempt: Callable[[], R]) -> R:
    """Runs `attempt` again while somebody else writes in between, and for who is next in the wait-list, both bounded.

    Raises `StoreUnavailable` when the attempts are used up; who was dropped from the wait-list by then stays dropped.
    """
    return retrying_contention(lambda: _with_next_waiter(attempt))


def free_time(freed: Freed, compose: Compose, now: datetime) -> bool:
    """Writes what `compose` adds, with the time freed, and books it for who waits for it; one attempt.

    False when more may be promoted than one write holds: then `promote_rest` goes on. Raises `SlotAlreadyBooked` if
    what a booking moves to is taken, `Contended`, `WaiterDropped`, and what `compose`'s own steps are refused for.
    """
    if _free_without_plan(freed, compose, now):
        return True
    if not freed.hours():
        raise Contended
    plan = plan_promotions(freed, MOST_WRITES - MOST_OWN_WRITES, now)
    transaction = Transaction()
    why_not = compose(transaction, not plan.is_complete)
    steps = plan.write_in(transaction, _book(transaction, plan.promotions, now))
    _commit(transaction, why_not, plan.promotions, steps)
    return plan.is_complete


def promote_rest(freed: Freed, now: datetime) -> None:
    """Books what an earlier write has freed for who still waits for it, round by round."""
    rest = Freed(freed.specialist_id, {}, around=freed.hours(), around_slot=freed.slot)
    for _ in range(MOST_ROUNDS):
        if not retrying_free(lambda: _promote_some(rest, now)):
            return


def finish_promotions(booking: Booking, now: datetime) -> Booking:
    """Goes on where the booking's cancellation, or its move, had more to promote than its write held."""
    if booking.frees is None:
        return booking
    promote_rest(freed_by(replace(booking, slot_id=booking.frees)), now)
    finished = BookingItem.frees == booking.frees
    with suppress(ConditionFailed):  # another attempt has finished it
        done = [BookingItem.frees.remove(), *([] if booking.status in OPEN else [BookingItem.timer.remove()])]
        update(BookingItem(booking_id=booking.id), done, condition=finished)
    return replace(booking, frees=None)


def _free_without_plan(freed: Freed, compose: Compose, now: datetime) -> bool:
    """Whether it is written: nobody waits, or only for a hand-opened slot with nothing beside it."""
    promotion = first_waiter(freed.slot) if freed.slot and not has_started(freed.slot.start_at, now) else None
    if promotion and (freed.minutes or not is_plain(promotion)):
        return False
    both = [hour for hour in freed.claimed if hour in freed.minutes]
    hours = freed.read or read_hour_records(freed.specialist_id, both)
    if any(hours[hour].waiting for hour in both):
        return False
    transaction = Transaction()
    why_not = compose(transaction, False)  # noqa: FBT003  # nobody is left
    claimed = claim_minutes(transaction, freed.specialist_id, _without(freed.claimed, both))
    release_minutes(transaction, freed.specialist_id, _without(freed.minutes, both))
    for hour in both:
        left = hours[hour].minutes - freed.minutes[hour]
        if left & freed.claimed[hour]:
            raise SlotAlreadyBooked
        set_hour(transaction, hours[hour], hour, left | freed.claimed[hour], 0)
    is_active = _release_slot(transaction, freed, promotion, now)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if refusal := why_not(failure):
            raise refusal from failure
        if any(failure.failed(step) for step in claimed):
            raise SlotAlreadyBooked from None
        if promotion and is_active and failure.failed(is_active):
            drop_inactive(promotion.slot, promotion.waiter)
            raise WaiterDropped from None
        return False
    return True


def _without(minutes: Minutes, hours: Sequence[datetime]) -> Minutes:
    return {hour: those for hour, those in minutes.items() if hour not in hours}


def _release_slot(transaction: Transaction, freed: Freed, promotion: Promotion | None, now: datetime) -> Step | None:
    """The hand-opened slot goes to the waiter, or is free."""
    if freed.slot is None or freed.booking_id is None:
        return None
    if has_started(freed.slot.start_at, now):
        release_started(transaction, freed.slot, freed.booking_id)
    elif promotion is None:
        release(transaction, freed.slot, freed.booking_id)
    else:
        (booking_id,) = _book(transaction, [promotion], now)
        return promote(transaction, promotion, from_booking=freed.booking_id, to_booking=booking_id)
    return None


def _promote_some(rest: Freed, now: datetime) -> bool:
    """Whether there was somebody to promote."""
    plan = plan_promotions(rest, MOST_WRITES, now)
    if plan.promotions:
        transaction = Transaction()
        steps = plan.write_in(transaction, _book(transaction, plan.promotions, now))
        _commit(transaction, lambda _: None, plan.promotions, steps)
    return bool(plan.promotions)


def _commit(
    transaction: Transaction, why_not: WhyNot, promotions: Sequence[Promotion], are_active: Sequence[Step]
) -> None:
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if refusal := why_not(failure):
            raise refusal from failure
        pairs = zip(promotions, are_active, strict=True)
        inactive = [promotion for promotion, is_active in pairs if failure.failed(is_active)]
        for promotion in inactive:
            drop_inactive(promotion.slot, promotion.waiter)
        raise (WaiterDropped if inactive else Contended) from None


def _book(transaction: Transaction, promotions: Sequence[Promotion], now: datetime) -> list[str]:
    """Makes the bookings of who is promoted part of the write; their ids."""
    bookings = [
        replace(
            new_booking(each.slot, each.waiter.client, each.waiter.service, now),
            changeable_until=each.changeable_until,
            from_wait_list=True,
        )
        for each in promotions
    ]
    for booking in bookings:
        transaction.put(BookingItem.of_new(booking), condition=BookingItem.booking_id.does_not_exist())
    return [booking.id for booking in bookings]


def _with_next_waiter[R](attempt: Callable[[], R]) -> R:
    for _ in range(MOST_DROPPED):
        try:
            return attempt()
        except WaiterDropped:
            continue
    raise StoreUnavailable
