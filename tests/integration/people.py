"""People, slots and bookings for tests, made through the operations that the routes call."""

import secrets
from datetime import UTC, datetime, timedelta

from booking.calendar import profiles
from booking.calendar.rules import Slot
from booking.calendar.slot_ids import SLOT_ID_BYTES, SLOT_PREFIX, SlotId
from booking.calendar.slots import open_slot
from booking.caller import USER_PREFIX, Caller, Role
from booking.platform.ids import decode_id, encode_id, new_id
from booking.reservations.book import book
from booking.reservations.rules import Booking
from booking.waitlist.entry_ids import EntryId
from booking.waitlist.line import join

NOW = datetime(2030, 3, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def someone(role: Role = Role.CLIENT) -> Caller:
    """Somebody with a token; no operation but those of accounts asks for the account behind it."""
    return Caller(new_id(USER_PREFIX), role, f"{secrets.token_hex(4)}@example.com")


def a_client() -> Caller:
    """A client."""
    return someone(Role.CLIENT)


def an_admin() -> Caller:
    """An admin."""
    return someone(Role.ADMIN)


def a_specialist() -> Caller:
    """A specialist with the profile that registration makes."""
    specialist = someone(Role.SPECIALIST)
    profiles.change_own_profile(specialist, {}, NOW)
    return specialist


def a_slot(of: Caller, starts_in: timedelta = HOUR, length: timedelta = HOUR, now: datetime = NOW) -> Slot:
    """A free slot of the specialist's, `starts_in` from now."""
    return open_slot(of, now + starts_in, now + starts_in + length, now)


def a_booking(of: Caller, by: Caller, starts_in: timedelta = HOUR) -> Booking:
    """A confirmed booking of a new slot of the specialist's."""
    return book(by, a_slot(of, starts_in).id, now=NOW)


def three_waiters(slot_id: str) -> list[Caller]:
    """Clients that wait for the slot; they joined in another order than that of their ids."""
    callers = sorted((a_client() for _ in range(3)), key=lambda caller: caller.user_id, reverse=True)
    for number, caller in enumerate(callers):
        join(caller, slot_id, NOW + number * SECOND)
    return callers


def parsed(slot_id: str) -> SlotId:
    """What the id of a slot says."""
    slot = SlotId.parse(slot_id)
    assert slot is not None
    return slot


def with_other(part: str, slot_id: str) -> str:
    """The id of a slot of the same specialist and start, with another `"nonce"` or `"duration"`."""
    payload = bytearray(decode_id(SLOT_PREFIX, slot_id, SLOT_ID_BYTES) or b"")
    payload[{"nonce": -1, "duration": -4}[part]] ^= 1
    return encode_id(SLOT_PREFIX, bytes(payload))


def entry_of(caller: Caller, slot_id: str) -> str:
    """The id of the caller's place in the slot's line, whether there is one or not."""
    return EntryId(parsed(slot_id), caller.user_id).text
