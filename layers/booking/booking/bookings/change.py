"""Cancelling and moving a booking: read it, see who waits, write everything at once.

If anything has changed between the reads and the write, the write fails and all of it starts again.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from pynamodb.expressions.condition import Condition

from booking.bookings.errors import BookingNotFound, OtherSpecialist
from booking.bookings.holding import Promotion, free_or_hand_over, is_held_by, take, why_not_taken
from booking.bookings.rules import Booking, Status, check_may_cancel, check_may_reschedule
from booking.bookings.table import BOOKING_PREFIX, BookingItem, reminder_timer, starts_key
from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.errors import StoreUnavailable
from booking.runtime.ids import is_id
from booking.slots.errors import SlotNotFound
from booking.slots.fitting_service import check_fits
from booking.slots.slot_id import SlotId
from booking.slots.slots import find_slot
from booking.slots.wait_list import drop_inactive, first_in_line

MOST_DROPPED = 25


def find_booking(booking_id: str) -> BookingItem:
    """Raises `BookingNotFound`."""
    known_form = is_id(BOOKING_PREFIX, booking_id)
    item = get(BookingItem, booking_id, consistent=True) if known_form else None
    if item is None:
        raise BookingNotFound
    return item


def cancel_booking(caller: Caller, booking_id: str, now: datetime, *, reason: str | None = None) -> Booking:
    """The booking, cancelled; its slot is free or the first waiter's. Cancelling twice is no error.

    The first one's `reason` stays. Raises `BookingNotFound`, `Forbidden`, `BookingHasExpired`, `SlotStarted`.
    """
    return _until_it_stands(lambda: _cancel(caller, booking_id, reason, now))


def reschedule_booking(caller: Caller, booking_id: str, slot_id: str, now: datetime) -> Booking:
    """The same booking in another slot of the same specialist; the old slot goes as in `cancel`.

    Asking for the slot that the booking has already is no error, so that a repeat is safe. Raises
    `BookingNotFound`, `Forbidden`, `NotConfirmed`, `SlotStarted`, `SlotNotFound`, `OtherSpecialist`,
    `SlotAlreadyBooked`, `ServiceLongerThanSlot`.
    """
    slot = SlotId.parse(slot_id)
    return _until_it_stands(lambda: _reschedule(caller, booking_id, slot, now))


class _FirstInLineDropped(Exception):
    """Who was first in line had no active account and is gone from it; the next one's turn has come."""


def _until_it_stands[R](attempt: Callable[[], R]) -> R:
    """Runs `attempt` again while somebody else writes in between, and for who is next in line, both bounded.

    Raises `StoreUnavailable` when the attempts are used up; what has left the line by then has left it.
    """
    for _ in range(MOST_DROPPED):
        try:
            return retrying_contention(attempt)
        except _FirstInLineDropped:
            continue
    raise StoreUnavailable


def _cancel(caller: Caller, booking_id: str, reason: str | None, now: datetime) -> Booking:
    item = find_booking(booking_id)
    booking = item.to_booking()
    check_may_cancel(booking, caller, now)
    if booking.status is Status.CANCELLED:
        return booking

    transaction = Transaction()
    transaction.update(
        BookingItem(booking_id=booking_id),
        [
            BookingItem.status.set(Status.CANCELLED.value),
            BookingItem.cancelled_at.set(now),
            *([BookingItem.cancel_reason.set(reason)] if reason else []),
            BookingItem.timer.remove(),
        ],
        condition=_is_unchanged(item),
    )
    promotion = _give_back(transaction, item, now)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        raise _reason_to_start_again(failure, promotion) from failure
    return replace(booking, status=Status.CANCELLED, cancelled_at=now, cancel_reason=reason or None)


def _reschedule(caller: Caller, booking_id: str, slot: SlotId | None, now: datetime) -> Booking:
    item = find_booking(booking_id)
    booking = item.to_booking()
    check_may_reschedule(booking, caller, now)
    if slot is None:
        raise SlotNotFound
    if slot.text == booking.slot_id:
        return booking
    if slot.specialist_id != booking.specialist_id:
        find_slot(slot)
        raise OtherSpecialist
    if slot.start_at == booking.slot_start_at:
        find_slot(slot)
        raise Contended  # there is such a slot, so the booking has left this place since it was read
    if item.service_minutes:
        check_fits(int(item.service_minutes), slot)

    transaction = Transaction()
    taken = take(transaction, slot, booking_id, booking.client_id, now)
    transaction.update(
        BookingItem(booking_id=booking_id),
        [
            BookingItem.slot_id.set(slot.text),
            BookingItem.slot_start_at.set(slot.start_at),
            BookingItem.slot_end_at.set(slot.end_at),
            BookingItem.starts.set(starts_key(slot.start_at, booking_id)),
            BookingItem.timer.set(reminder_timer(booking_id)),
            BookingItem.sequence.set(BookingItem.sequence + 1),
            BookingItem.moved_at.set(now),
        ],
        condition=_is_unchanged(item),
    )
    promotion = _give_back(transaction, item, now)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if failure.failed(taken) and not is_held_by(booking_id, failure.old(taken)):
            raise why_not_taken(slot, failure.old(taken), now) from None
        raise _reason_to_start_again(failure, promotion) from failure
    return replace(booking, slot_id=slot.text, slot_start_at=slot.start_at, slot_end_at=slot.end_at)


def _give_back(transaction: Transaction, item: BookingItem, now: datetime) -> Promotion | None:
    slot = SlotId.parse(item.slot_id)
    if slot is None:
        raise SlotNotFound
    return free_or_hand_over(transaction, slot, item.booking_id, first_in_line(slot.text), now)


def _is_unchanged(item: BookingItem) -> Condition:
    unchanged: Condition = (BookingItem.status == item.status) & (BookingItem.slot_id == item.slot_id)
    return unchanged


def _reason_to_start_again(failure: TransactionCanceled, promotion: Promotion | None) -> Exception:
    if promotion is None or not failure.failed(promotion.is_active):
        return Contended()
    drop_inactive(promotion.slot, promotion.waiter)
    return _FirstInLineDropped()
