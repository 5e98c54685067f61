"""People, slots and bookings for tests, made through the operations that the routes call."""

import secrets
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from booking.accounts.table import UserItem
from booking.bookings.create import Wish, create_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.rules import Booking
from booking.caller import USER_PREFIX, Caller, Locale, Role
from booking.dynamodb.items import create, update
from booking.runtime.ids import encode_id, new_id
from booking.slots.ids import SLOT_PREFIX, EntryId, SlotId
from booking.slots.opened import open_slot
from booking.slots.read import SlotFilter
from booking.slots.rules import Slot, bounds_of_days
from booking.specialists import profiles
from booking.specialists.rules import Service
from booking.specialists.services import create_service
from tests.instants import DAY, HOUR, MINUTE, NOW, SECOND

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "NOW",
    "SECOND",
    "a_booking",
    "a_client",
    "a_slot",
    "a_specialist",
    "an_admin",
    "entry_of",
    "parsed",
    "someone",
    "three_waiters",
]


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
    profiles.update_own_profile(specialist, {}, NOW)
    return specialist


def a_waiter(locale: Locale = Locale.EN) -> Caller:
    """A client with an active account, as whoever is promoted has."""
    waiter = Caller(new_id(USER_PREFIX), Role.CLIENT, f"{secrets.token_hex(4)}@example.com", locale)
    account = UserItem(user_id=waiter.user_id, email=waiter.email, password_hash="-", role=waiter.role, created_at=NOW)
    create(account, condition=UserItem.user_id.does_not_exist())
    return waiter


def set_active(caller: Caller, *, is_active: bool) -> None:
    """Changes the caller's account behind the code's back."""
    update(UserItem(user_id=caller.user_id), [UserItem.is_active.set(is_active)])


def a_service(of: Caller, minutes: int = 60) -> Service:
    """A service of the specialist's."""
    price = Decimal("25.00")
    return create_service(of, title="Haircut", description=None, duration_minutes=minutes, price=price, now=NOW)


def a_slot(of: Caller, starts_in: timedelta = HOUR, length: timedelta = HOUR, now: datetime = NOW) -> Slot:
    """A free slot of the specialist's, `starts_in` from now."""
    return open_slot(of, now + starts_in, now + starts_in + length, now)


def a_booking(of: Caller, by: Caller, starts_in: timedelta = HOUR) -> Booking:
    """A confirmed booking of a new slot of the specialist's."""
    return create_booking(by, Wish(a_slot(of, starts_in).id), NOW)


def three_waiters(slot_id: str) -> list[Caller]:
    """Clients that wait for the slot; they joined in another order than that of their ids."""
    callers = sorted((a_waiter() for _ in range(3)), key=lambda caller: caller.user_id, reverse=True)
    for number, caller in enumerate(callers):
        join_wait_list(caller, slot_id, NOW + number * SECOND)
    return callers


def parsed(slot_id: str) -> SlotId:
    """What the id of a slot says."""
    slot = SlotId.parse(slot_id)
    assert slot is not None
    return slot


def with_other(part: str, slot_id: str) -> str:
    """The id of a slot of the same specialist and start, with another `"nonce"` or `"duration"`."""
    payload = bytearray(parsed(slot_id).to_bytes())
    payload[{"nonce": -1, "duration": -4}[part]] ^= 1
    return encode_id(SLOT_PREFIX, bytes(payload))


def entry_of(caller: Caller, slot_id: str) -> str:
    """The id of the caller's place in the slot's line, whether there is one or not."""
    return EntryId(parsed(slot_id), caller.user_id).text


def from_now(now: datetime) -> SlotFilter:
    """The slots of the next days."""
    return SlotFilter(now, now + timedelta(days=31))


def on_day(day: date, time_zone: tzinfo) -> SlotFilter:
    """The slots of that day of that zone."""
    return SlotFilter(*bounds_of_days(day, day, time_zone))
