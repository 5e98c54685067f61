"""Moving a booking to another slot: read it, see who waits for the old one, write everything at once."""

from dataclasses import replace
from datetime import datetime

from booking.bookings.errors import OtherSpecialist
from booking.bookings.free_time import Compose, WhyNot, finish_promotions, free_time, freed_by, retrying_free
from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, as_seen_by, check_may_reschedule
from booking.bookings.table import BookingItem, is_unchanged, reminder_timer, starts_key
from booking.caller import Caller, Guest
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound
from booking.slots.ids import SlotId
from booking.slots.offered import terms_of_move
from booking.slots.promotion import Freed
from booking.slots.read import find_slot
from booking.slots.table import claim, is_claimed_by, why_not_claimed


def reschedule_booking(caller: Caller | Guest, booking_id: str, slot_id: str, now: datetime) -> Booking:
    """The same booking, for the same service, in another slot of the same specialist; the old one goes as in a cancel.

    Asking for the slot that the booking has already is no error, so that a repeat is safe. Raises
    `BookingNotFound`, `Forbidden`, `NotConfirmed`, `SlotStarted`, `NoLongerChangeable`, `SlotNotFound`, `SlotTooSoon`,
    `OtherSpecialist`, `SlotAlreadyBooked`, `ServiceLongerThanSlot`.
    """
    slot = SlotId.parse(slot_id)
    booking = retrying_free(lambda: _reschedule(caller, booking_id, slot, now))
    return as_seen_by(caller, finish_promotions(booking, now))


def _reschedule(caller: Caller | Guest, booking_id: str, slot: SlotId | None, now: datetime) -> Booking:
    booking = find_booking(booking_id)
    check_may_reschedule(booking, caller, now)
    if slot is None:
        raise SlotNotFound
    if slot.text == booking.slot_id:
        return booking
    booking = finish_promotions(booking, now)
    _check_is_a_move(booking, slot)
    freed, claimed = freed_by(booking), slot.minutes_for(booking.service)
    terms = terms_of_move(caller, slot, booking.service, now, hours=freed.minutes.keys() & claimed.keys())
    moved = replace(
        booking,
        slot_id=slot.text,
        slot_start_at=slot.start_at,
        slot_end_at=slot.end_at,
        changeable_until=terms.changeable_until,
        attendance=None,
        sequence=booking.sequence + 1,
        moved_at=now,
    )
    move = replace(freed, claimed=claimed, unavailable_slot=None if slot.from_hours else slot, read=terms.hours)
    is_complete = _write(booking, moved, slot, move, now)
    return moved if is_complete else replace(moved, frees=booking.slot_id)


def _write(booking: Booking, moved: Booking, slot: SlotId, move: Freed, now: datetime) -> bool:
    try:
        return free_time(move, _composed(booking, moved, slot, now), now)
    except SlotAlreadyBooked:
        if find_booking(booking.id).slot_id != booking.slot_id:
            raise Contended from None  # what it found taken may be its own: a repeat of the same request was faster
        raise


def _composed(booking: Booking, moved: Booking, slot: SlotId, now: datetime) -> Compose:
    def compose(transaction: Transaction, leaves_some: bool) -> WhyNot:  # noqa: FBT001  # as `Compose` says
        claimed = None if slot.from_hours else claim(transaction, slot, booking.id, booking.client.id, now)
        changed = transaction.update(
            BookingItem(booking_id=booking.id),
            [
                BookingItem.slot_id.set(slot.text),
                BookingItem.slot_start_at.set(slot.start_at),
                BookingItem.slot_end_at.set(slot.end_at),
                BookingItem.starts.set(starts_key(slot.start_at, booking.id)),
                BookingItem.timer.set(reminder_timer(booking.id)),
                BookingItem.changeable_until.set(moved.changeable_until),
                BookingItem.attendance.remove(),
                *([BookingItem.frees.set(booking.slot_id)] if leaves_some else []),
                BookingItem.sequence.set(BookingItem.sequence + 1),
                BookingItem.moved_at.set(now),
            ],
            condition=is_unchanged(booking) & (BookingItem.client_id == booking.client.id),  # as the slot will say
        )

        def why_not(failure: TransactionCanceled) -> Exception | None:
            if claimed and failure.failed(claimed) and not is_claimed_by(booking.id, slot, failure.old(claimed)):
                return why_not_claimed(slot, failure.old(claimed), now)
            return Contended() if failure.failed(changed) else None

        return why_not

    return compose


def _check_is_a_move(booking: Booking, slot: SlotId) -> None:
    """Raises `SlotNotFound`, `OtherSpecialist`, `Contended`."""
    if slot.specialist_id != booking.specialist_id:
        if not slot.from_hours:
            find_slot(slot)
        raise OtherSpecialist
    if not slot.from_hours and slot.start_at == booking.slot_start_at and not booking.is_from_hours:
        find_slot(slot)
        raise Contended  # there is such a slot, so the booking has left this place since it was read
