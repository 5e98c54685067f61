"""A booking and the rules about it; nothing here reads or writes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from booking.bookings.errors import BookingHasExpired, NotConfirmed
from booking.caller import Caller
from booking.errors import Forbidden
from booking.slots.errors import SlotStarted
from booking.slots.rules import has_started


class Status(StrEnum):
    """A booking begins confirmed and ends in one of the other states, for good."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Booking:
    """One client's hold on one slot; `cancelled_at` is when it ended, None while it is confirmed.

    `cancel_reason` is what who cancelled it said, if anything.
    """

    id: str
    slot_id: str
    client_id: str
    client_email: str
    specialist_id: str
    service_id: str | None
    status: Status
    slot_start_at: datetime
    slot_end_at: datetime
    created_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None = None


def check_may_see(booking: Booking, caller: Caller) -> None:
    """Its client, its specialist and admins may. Raises `Forbidden`."""
    if caller.is_admin or caller.user_id == booking.client_id or _is_its_specialist(booking, caller):
        return
    raise Forbidden


def check_may_cancel(booking: Booking, caller: Caller, now: datetime) -> None:
    """Who may see a booking may cancel it; its client only until the slot starts.

    Raises `Forbidden`, `BookingHasExpired`, `SlotStarted`.
    """
    check_may_see(booking, caller)
    if booking.status is Status.EXPIRED:
        raise BookingHasExpired
    if booking.status is Status.CONFIRMED:
        _check_not_too_late(booking, caller, now)


def check_may_reschedule(booking: Booking, caller: Caller, now: datetime) -> None:
    """Raises `Forbidden`, `NotConfirmed`, `SlotStarted`."""
    check_may_see(booking, caller)
    if booking.status is not Status.CONFIRMED:
        raise NotConfirmed
    _check_not_too_late(booking, caller, now)


def _check_not_too_late(booking: Booking, caller: Caller, now: datetime) -> None:
    """The clock decides, whether the expiry sweep has run or not."""
    acts_as_client = not caller.is_admin and not _is_its_specialist(booking, caller)
    if acts_as_client and has_started(booking.slot_start_at, now):
        raise SlotStarted


def _is_its_specialist(booking: Booking, caller: Caller) -> bool:
    return caller.specialist_id == booking.specialist_id
