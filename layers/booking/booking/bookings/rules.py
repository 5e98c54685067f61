"""A booking and the rules about it; nothing here reads or writes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from booking.bookings.errors import BookingHasExpired, NotConfirmed
from booking.caller import Caller
from booking.errors import Forbidden
from booking.runtime.ids import new_id
from booking.slots.errors import SlotStarted
from booking.slots.rules import Client, has_started
from booking.slots.slot_id import SlotId
from booking.specialists.rules import BookedService

BOOKING_PREFIX = "bkg"


class Status(StrEnum):
    """A booking begins confirmed and ends in one of the other states, for good."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Booking:
    """One client's hold on one slot; `cancelled_at` is when it ended, None while it is confirmed.

    `cancel_reason` is what who cancelled it said, if anything. `sequence` counts its moves (RFC 5545, 3.8.7.4),
    `moved_at` is when the last of them was. `from_wait_list` is set on one that a waiter was promoted to.
    """

    id: str
    slot_id: str
    client: Client
    specialist_id: str
    service: BookedService | None
    status: Status
    slot_start_at: datetime
    slot_end_at: datetime
    created_at: datetime
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    moved_at: datetime | None = None
    sequence: int = 0
    from_wait_list: bool = False

    @property
    def client_id(self) -> str:
        """Whose booking it is."""
        return self.client.id

    @property
    def client_email(self) -> str:
        """Where mail reaches its client."""
        return self.client.email

    @property
    def service_id(self) -> str | None:
        """For which service, if for a certain one."""
        return self.service.id if self.service else None

    @property
    def service_title(self) -> str | None:
        """What the service was called when it was booked."""
        return self.service.title if self.service else None


def new_booking(
    slot: SlotId, client: Client, service: BookedService | None, now: datetime, *, from_wait_list: bool = False
) -> Booking:
    """A confirmed booking of the slot, with an id of its own."""
    return Booking(
        id=new_id(BOOKING_PREFIX),
        slot_id=slot.text,
        client=client,
        specialist_id=slot.specialist_id,
        service=service,
        status=Status.CONFIRMED,
        slot_start_at=slot.start_at,
        slot_end_at=slot.end_at,
        created_at=now,
        from_wait_list=from_wait_list,
    )


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
