"""Booking a slot: one `TransactWriteItems`, no reads (one to look up a service, if one is named)."""

from datetime import datetime

from booking.bookings.idempotency import remember, remembered_answer
from booking.bookings.rules import Booking, new_booking
from booking.bookings.table import BookingItem
from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.slots.claims import claim, why_not_claimed
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound
from booking.slots.fitting_service import service_for
from booking.slots.rules import Client
from booking.slots.slot_id import SlotId
from booking.telemetry.metrics import count


def create_booking(
    caller: Caller,
    slot_id: str,
    *,
    service_id: str | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Booking:
    """A confirmed booking of the slot for the caller.

    With an `idempotency_key` a repeated request gets the first one's answer for 24 h. Raises
    `SlotNotFound`, `SlotStarted`, `SlotAlreadyBooked`, `ServiceNotFound`, `ServiceLongerThanSlot`,
    `KeyUsedForOtherRequest`.
    """
    slot = SlotId.parse(slot_id)
    if slot is None:
        raise SlotNotFound
    client = Client(caller.user_id, caller.email, caller.locale)
    booking = new_booking(slot, client, service_for(slot, service_id), now)

    transaction = Transaction()
    claimed = claim(transaction, slot, booking.id, client.id, now)
    transaction.put(BookingItem.of_new(booking), condition=BookingItem.booking_id.does_not_exist())
    request = f"{slot_id} {service_id or ''}"
    remembered = remember(transaction, idempotency_key, request, booking, now) if idempotency_key else None
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        earlier = failure.old(remembered) if remembered else None
        if earlier:
            return remembered_answer(earlier, request)
        refusal = why_not_claimed(slot, failure.old(claimed), now)
        if isinstance(refusal, SlotAlreadyBooked):
            count("bookings_conflicts")
        raise refusal from None
    count("bookings_confirmed")
    return booking
