"""Moving a booking to another slot: read it, see who waits for the old one, write everything at once."""

from dataclasses import replace
from datetime import datetime

from booking.bookings.errors import OtherSpecialist
from booking.bookings.read import find_booking
from booking.bookings.release import release_or_promote, retrying_release, why_not_released
from booking.bookings.rules import Booking, check_may_reschedule
from booking.bookings.table import BookingItem, is_unchanged, reminder_timer, starts_key
from booking.caller import Caller
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.slots.claims import claim, is_claimed_by, why_not_claimed
from booking.slots.errors import SlotNotFound
from booking.slots.fitting_service import check_fits
from booking.slots.read import find_slot
from booking.slots.slot_id import SlotId


def reschedule_booking(caller: Caller, booking_id: str, slot_id: str, now: datetime) -> Booking:
    """The same booking in another slot of the same specialist; the old slot goes as in `cancel_booking`.

    Asking for the slot that the booking has already is no error, so that a repeat is safe. Raises
    `BookingNotFound`, `Forbidden`, `NotConfirmed`, `SlotStarted`, `SlotNotFound`, `OtherSpecialist`,
    `SlotAlreadyBooked`, `ServiceLongerThanSlot`.
    """
    slot = SlotId.parse(slot_id)
    return retrying_release(lambda: _reschedule(caller, booking_id, slot, now))


def _reschedule(caller: Caller, booking_id: str, slot: SlotId | None, now: datetime) -> Booking:
    booking = find_booking(booking_id)
    check_may_reschedule(booking, caller, now)
    if slot is None:
        raise SlotNotFound
    if slot.text == booking.slot_id:
        return booking
    _check_fits(booking, slot)
    moved = replace(
        booking,
        slot_id=slot.text,
        slot_start_at=slot.start_at,
        slot_end_at=slot.end_at,
        sequence=booking.sequence + 1,
        moved_at=now,
    )

    transaction = Transaction()
    claimed = claim(transaction, slot, booking.id, booking.client.id, now)
    transaction.update(
        BookingItem(booking_id=booking.id),
        [
            BookingItem.slot_id.set(slot.text),
            BookingItem.slot_start_at.set(slot.start_at),
            BookingItem.slot_end_at.set(slot.end_at),
            BookingItem.starts.set(starts_key(slot.start_at, booking.id)),
            BookingItem.timer.set(reminder_timer(booking.id)),
            BookingItem.sequence.set(BookingItem.sequence + 1),
            BookingItem.moved_at.set(now),
        ],
        condition=is_unchanged(booking),
    )
    promotion = release_or_promote(transaction, booking, now)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if failure.failed(claimed) and not is_claimed_by(booking.id, slot, failure.old(claimed)):
            raise why_not_claimed(slot, failure.old(claimed), now) from None
        raise why_not_released(failure, promotion) from failure
    return moved


def _check_fits(booking: Booking, slot: SlotId) -> None:
    """Raises `SlotNotFound`, `OtherSpecialist`, `ServiceLongerThanSlot`, `Contended`."""
    if slot.specialist_id != booking.specialist_id:
        find_slot(slot)
        raise OtherSpecialist
    if slot.start_at == booking.slot_start_at:
        find_slot(slot)
        raise Contended  # there is such a slot, so the booking has left this place since it was read
    if booking.service and booking.service.minutes:
        check_fits(booking.service.minutes, slot)
