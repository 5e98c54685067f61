"""A booking and the rules about it; nothing here reads or writes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from booking.bookings.errors import (
    BookingHasExpired,
    NoAttendance,
    NoLongerChangeable,
    NotConfirmed,
    SlotNotStarted,
)
from booking.caller import Caller, Guest, is_staff
from booking.errors import BookingError, Forbidden, Unauthenticated
from booking.runtime.ids import new_id
from booking.slots.errors import SlotStarted
from booking.slots.ids import SlotId
from booking.slots.rules import Client, has_started
from booking.specialists.rules import BookedService

BOOKING_PREFIX = "bkg"


class Status(StrEnum):
    """A booking begins held or confirmed, becomes confirmed if it was held, and ends in one of the others, for good."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Attendance(StrEnum):
    """Whether a client has come."""

    ATTENDED = "attended"
    NO_SHOW = "no_show"


OPEN = (Status.HELD, Status.CONFIRMED)
"""While it is in one of them, a booking has its time and nobody else gets it."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One client's booking of one slot; `cancelled_at` is when it ended, None while it is held or confirmed.

    One that is held can be confirmed until `hold_expires_at`, which is None once it is; `payment_ref` is what was said
    then, and `confirmed_at` when that was.

    Its client may move or cancel it until `changeable_until`. `note` is what the client wrote to the specialist, and
    `cancel_reason` what who cancelled it said, if anything. `attendance` is what its specialist has said since the slot
    has started. `sequence` counts its moves (RFC 5545, 3.8.7.4), `moved_at` is when the last of them was.
    `from_wait_list` is set on one that a waiter was promoted to. `specialist_name` is the present one, where it was
    looked up. `guest_id` is set on one that was made without an account, and stays when an account takes it over.
    `frees` is the slot that it has left, while somebody who waited for its time may still have to be promoted.
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
    changeable_until: datetime
    note: str | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    attendance: Attendance | None = None
    hold_expires_at: datetime | None = None
    confirmed_at: datetime | None = None
    payment_ref: str | None = None
    moved_at: datetime | None = None
    sequence: int = 0
    from_wait_list: bool = False
    frees: str | None = None
    specialist_name: str | None = None
    guest_id: str | None = None

    @property
    def client_id(self) -> str:
        """Whose booking it is."""
        return self.client.id

    @property
    def client_email(self) -> str | None:
        """Where mail reaches its client, if that is known, and unless it was erased."""
        return self.client.email

    @property
    def shown_client(self) -> Client:
        """Its client as others see it: a guest, also once an account has taken the booking over."""
        return replace(self.client, id=self.guest_id) if self.guest_id else self.client

    @property
    def shown_client_id(self) -> str:
        """Whose booking it is as others see it."""
        return self.guest_id or self.client.id

    @property
    def service_id(self) -> str | None:
        """For which service, if for a certain one."""
        return self.service.id if self.service else None

    @property
    def is_from_hours(self) -> bool:
        """Whether its slot is one of the specialist's opening hours, not one that was opened by hand."""
        slot = SlotId.parse(self.slot_id)
        return slot is not None and slot.from_hours

    @property
    def has_lapsed(self) -> bool:
        """Whether it was held until its hold ended, so that it never became an appointment."""
        return self.status is Status.EXPIRED and self.hold_expires_at is not None

    @property
    def service_title(self) -> str | None:
        """What the service was called when it was booked."""
        return self.service.title if self.service else None


def new_booking(slot: SlotId, client: Client, service: BookedService | None, now: datetime) -> Booking:
    """A confirmed booking of the slot, with an id of its own, that can be changed until the slot starts."""
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
        changeable_until=slot.start_at,
    )


def held(booking: Booking, seconds: int, now: datetime) -> Booking:
    """A new booking that is held so long, at most until its slot starts, instead of confirmed."""
    hold_expires_at = min(now + timedelta(seconds=seconds), booking.slot_start_at)
    return replace(booking, status=Status.HELD, hold_expires_at=hold_expires_at)


def as_seen_by(caller: Caller | Guest, booking: Booking) -> Booking:
    """The booking without what its caller may not know.

    Which account has taken a guest's booking over, that account itself is shown, and admins.
    """
    knows = isinstance(caller, Caller) and (caller.is_admin or caller.user_id == booking.client_id)
    return replace(booking, guest_id=None) if knows else booking


def check_may_see(booking: Booking, caller: Caller | Guest, now: datetime) -> None:
    """Its client, its specialist and admins may, and its guest until the slot has ended.

    Raises `Forbidden`, and `Unauthenticated` for a link that is too old.
    """
    if isinstance(caller, Guest):
        _check_opens(caller, booking, now)
    elif caller.user_id != booking.client_id and not is_staff(caller, booking.specialist_id):
        raise Forbidden


def _check_opens(guest: Guest, booking: Booking, now: datetime) -> None:
    if (guest.booking_id, guest.guest_id) != (booking.id, booking.guest_id):
        raise Forbidden
    if booking.slot_end_at <= now:
        raise Unauthenticated


def check_may_cancel(booking: Booking, caller: Caller | Guest, now: datetime) -> None:
    """Who may see a booking may cancel it; its client only until the slot starts, or so long before as it was told.

    One that is held it may cancel whenever it wants.

    Raises `Forbidden`, `BookingHasExpired`, `SlotStarted`, `NoLongerChangeable`.
    """
    check_may_see(booking, caller, now)
    if booking.status is Status.EXPIRED:
        raise BookingHasExpired
    if booking.status is Status.CONFIRMED:
        _check_not_too_late(booking, caller, now)


def check_may_reschedule(booking: Booking, caller: Caller | Guest, now: datetime) -> None:
    """Raises `Forbidden`, `NotConfirmed`, `SlotStarted`, `NoLongerChangeable`."""
    check_may_see(booking, caller, now)
    if booking.status is not Status.CONFIRMED:
        raise NotConfirmed
    _check_not_too_late(booking, caller, now)


def why_no_attendance(booking: Booking, caller: Caller) -> BookingError:
    """Why the caller cannot say now whether the client of this booking has come."""
    if not is_staff(caller, booking.specialist_id):
        return Forbidden()
    if booking.status not in {Status.CONFIRMED, Status.EXPIRED} or booking.has_lapsed:
        return NoAttendance()
    return SlotNotStarted()


def _check_not_too_late(booking: Booking, caller: Caller | Guest, now: datetime) -> None:
    """The clock decides, whether the expiry sweep has run or not."""
    if is_staff(caller, booking.specialist_id):
        return
    if has_started(booking.slot_start_at, now):
        raise SlotStarted
    if now > booking.changeable_until:
        raise NoLongerChangeable
