"""Booking a slot: as a client, for somebody who has called, or as a guest, whom the link in a mail lets confirm it.

It is one `TransactWriteItems`, and one read of what is offered unless it is a hand-opened slot as such.
"""

from dataclasses import astuple, dataclass, replace
from datetime import datetime
from hashlib import sha256

from booking.accounts.guests import guest_id_of
from booking.bookings.errors import GuestsCannotBook
from booking.bookings.idempotency import find_answer, remember, remembered_answer
from booking.bookings.open_holds import (
    LONGEST_HOLD,
    MOST_OPEN_HOLDS,
    MOST_OPEN_HOLDS_OF_GUEST,
    count_hold,
    forget_ended_holds,
)
from booking.bookings.rules import Booking, held, new_booking
from booking.bookings.table import BookingItem
from booking.caller import GUEST_PREFIX, Caller, Guest, Role, is_staff
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, Step, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError, Forbidden
from booking.rate_limit import RateLimit, count_attempt, source_network
from booking.runtime.ids import new_id
from booking.runtime.settings import settings
from booking.slots.errors import SlotAlreadyBooked, SlotNotFound
from booking.slots.hours import claim_minutes
from booking.slots.ids import SlotId
from booking.slots.offered import terms_for
from booking.slots.rules import Client, client_of
from booking.slots.table import claim, why_not_claimed
from booking.telemetry.metrics import count


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: a slot, maybe one of the specialist's services, and what the specialist should know.

    With a `key` the same wish of the same asker (`by`) gets the first one's answer for 24 h.
    """

    slot_id: str
    service_id: str | None = None
    note: str | None = None
    key: str | None = None

    def text(self, *details: str) -> str:
        """The wish as repeats are known by, without its key; details stand first, and look like no slot's id."""
        return " ".join([*details, self.slot_id, self.service_id or "", *([self.note] if self.note else [])])


@dataclass(frozen=True, slots=True)
class Hold:
    """For how many seconds a booking is held, where its client may hold at most so many at a time."""

    seconds: int
    most: int = MOST_OPEN_HOLDS


def create_booking(caller: Caller, wish: Wish, now: datetime, *, hold_seconds: int | None = None) -> Booking:
    """A confirmed booking of the slot for the caller, or one that is held for so many seconds until it is confirmed.

    Raises `Forbidden` for specialists, `SlotNotFound`, `SlotStarted`, `SlotTooSoon`, `SlotAlreadyBooked`,
    `ServiceNotFound`, `ServiceNotOffered`, `ServiceLongerThanSlot`, `TooManyOpenHolds`, `KeyUsedForOtherRequest`.
    """
    if caller.role is Role.SPECIALIST:
        raise Forbidden
    request = wish.text(str(hold_seconds)) if hold_seconds else wish.text()
    hold = Hold(hold_seconds) if hold_seconds else None
    return book(caller, wish, request, client_of(caller), now, hold=hold)


def book(  # noqa: PLR0913  # who asks, for what and whom, and how
    by: Caller | Guest,
    wish: Wish,
    request: str,
    client: Client,
    now: datetime,
    *,
    guest_id: str | None = None,
    hold: Hold | None = None,
) -> Booking:
    """The client's booking of the slot, made or held in one write; `request` is what a repeat is known by.

    Raises what `create_booking` does.
    """
    slot = SlotId.parse(wish.slot_id)
    if slot is None:
        raise SlotNotFound
    asker_id = by.guest_id if isinstance(by, Guest) else by.user_id
    try:
        terms = terms_for(by, slot, wish.service_id, now)
    except BookingError:
        earlier = find_answer(asker_id, wish.key, request, now) if wish.key else None
        if earlier is None:
            raise
        return earlier
    booking = replace(
        new_booking(slot, client, terms.service, now),
        changeable_until=terms.changeable_until,
        note=wish.note or None,
        guest_id=guest_id,
    )
    booking = held(booking, hold.seconds, now) if hold else booking

    transaction = Transaction()
    claimed = None if slot.from_hours else claim(transaction, slot, booking.id, client.id, now)
    claim_minutes(transaction, slot.specialist_id, slot.minutes_for(terms.service))
    transaction.put(BookingItem.of_new(booking), condition=BookingItem.booking_id.does_not_exist())
    remembered = remember(transaction, asker_id, wish.key, request, booking, now) if wish.key else None
    counted = count_hold(transaction, booking, hold.most, now) if hold else None
    try:
        retrying_contention(lambda: _commit(transaction, counted, client.id, now))
    except TransactionCanceled as failure:
        if remembered and (old := failure.old(remembered)):
            return remembered_answer(old, request)
        refusal = why_not_claimed(slot, failure.old(claimed), now) if claimed and failure.failed(claimed) else None
        if refusal is None or isinstance(refusal, SlotAlreadyBooked):
            count("bookings_conflicts")
        raise (refusal or SlotAlreadyBooked()) from None
    count("bookings_held" if hold else "bookings_confirmed")
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


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody without an account; `email` is in its stored form (`booking.accounts.addresses`)."""

    name: str
    email: str | None
    phone: str | None
    locale: str

    def as_client(self) -> Client:
        """The guest that has this address; somebody new if there is none. Raises `StoreUnavailable`."""
        guest_id = guest_id_of(self.email) if self.email else new_id(GUEST_PREFIX)
        return Client(guest_id, self.email, self.locale, self.name, self.phone)

    @property
    def digest(self) -> str:
        """What repeats of a request are known by, which names nobody."""
        return sha256(repr(astuple(self)).encode()).hexdigest()


def create_booking_for(caller: Caller, contact: Contact, wish: Wish, now: datetime) -> Booking:
    """A confirmed booking for the contact, made by the slot's specialist or an admin, whom no notice binds.

    Who has an address is mailed a link as a guest is; who has none is a guest of this booking only. Raises `Forbidden`,
    and what `create_booking` raises but `TooManyOpenHolds`.
    """
    if caller.role is Role.CLIENT:
        raise Forbidden
    slot = SlotId.parse(wish.slot_id)
    if slot is None:
        raise SlotNotFound
    if not is_staff(caller, slot.specialist_id):
        raise Forbidden
    client = contact.as_client()
    return book(caller, wish, wish.text(contact.digest), client, now, guest_id=client.id)


def create_guest_booking(contact: Contact, wish: Wish, *, source_address: str, now: datetime) -> Booking:
    """A booking that is held for 30 minutes, until the link in a mail to the contact's address confirms it.

    Where `GUEST_BOOKING` is `open` it is confirmed at once. No account is read, so that nobody learns who has one.
    Raises `GuestsCannotBook`, `TooManyRequests`, and what `create_booking` raises.
    """
    if settings().guest_booking == "off":
        raise GuestsCannotBook
    client = contact.as_client()
    _count_attempt("guest-source", source_network(source_address), now)
    _count_attempt("guest-address", client.id, now)
    hold = Hold(int(LONGEST_HOLD.total_seconds()), MOST_OPEN_HOLDS_OF_GUEST)
    return book(
        Guest(client.id),
        wish,
        wish.text(contact.digest),
        client,
        now,
        guest_id=client.id,
        hold=None if settings().guest_booking == "open" else hold,
    )


def _count_attempt(what: str, subject: str, now: datetime) -> None:
    limit = RateLimit(what, settings().guest_booking_max_attempts, settings().auth_rate_limit_window_seconds)
    count_attempt(limit, subject, now)
