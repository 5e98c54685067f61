"""Booking a slot: one `TransactWriteItems`, and one read of what is offered unless it is a hand-opened slot as such."""

from dataclasses import replace
from datetime import datetime

from booking.bookings.idempotency import find_answer, remember, remembered_answer
from booking.bookings.open_holds import count_hold, forget_ended_holds
from booking.bookings.rules import Booking, held, new_booking
from booking.bookings.table import BookingItem
from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, Step, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError
from booking.slots.claims import claim, why_not_claimed
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound
from booking.slots.hours import claim_minutes
from booking.slots.minutes import minutes_of
from booking.slots.offered import terms_for
from booking.slots.rules import client_of
from booking.slots.slot_id import SlotId
from booking.telemetry.metrics import count


def create_booking(  # noqa: PLR0913  # what the request says, by name
    caller: Caller,
    slot_id: str,
    *,
    service_id: str | None = None,
    note: str | None = None,
    hold_seconds: int | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Booking:
    """A confirmed booking of the slot for the caller, or one that is held for so many seconds until it is confirmed.

    With an `idempotency_key` a repeated request gets the first one's answer for 24 h. Raises
    `SlotNotFound`, `SlotStarted`, `SlotTooSoon`, `SlotAlreadyBooked`, `ServiceNotFound`, `ServiceNotOffered`,
    `ServiceLongerThanSlot`, `TooManyOpenHolds`, `KeyUsedForOtherRequest`.
    """
    slot = SlotId.parse(slot_id)
    if slot is None:
        raise SlotNotFound
    client = client_of(caller)
    hold = [str(hold_seconds)] if hold_seconds else []  # before the slot's id, which no number is
    request = " ".join([*hold, slot_id, service_id or "", *([note] if note else [])])
    try:
        terms = terms_for(caller, slot, service_id, now)
    except BookingError:
        earlier = find_answer(client.id, idempotency_key, request, now) if idempotency_key else None
        if earlier is None:
            raise
        return earlier
    booking = replace(
        new_booking(slot, client, terms.service, now), changeable_until=terms.changeable_until, note=note or None
    )
    booking = held(booking, hold_seconds, now) if hold_seconds else booking

    transaction = Transaction()
    claimed = None if slot.from_hours else claim(transaction, slot, booking.id, client.id, now)
    claim_minutes(transaction, slot.specialist_id, minutes_of(slot, terms.service))
    transaction.put(BookingItem.of_new(booking), condition=BookingItem.booking_id.does_not_exist())
    remembered = remember(transaction, idempotency_key, request, booking, now) if idempotency_key else None
    counted = count_hold(transaction, booking, now) if hold_seconds else None
    try:
        retrying_contention(lambda: _commit(transaction, counted, client.id, now))
    except TransactionCanceled as failure:
        if remembered and (old := failure.old(remembered)):
            return remembered_answer(old, request)
        refusal = why_not_claimed(slot, failure.old(claimed), now) if claimed and failure.failed(claimed) else None
        if refusal is None or isinstance(refusal, SlotAlreadyBooked):
            count("bookings_conflicts")
        raise (refusal or SlotAlreadyBooked()) from None
    count("bookings_held" if hold_seconds else "bookings_confirmed")
    return booking


def _commit(transaction: Transaction, counted: Step | None, client_id: str, now: datetime) -> None:
    """One attempt. Too many holds count only where nothing else is refused: then those that have ended make room."""
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        if counted is None or failure.steps != [counted]:
            raise
        forget_ended_holds(client_id, failure.old(counted) or {}, now)
        raise Contended from None
