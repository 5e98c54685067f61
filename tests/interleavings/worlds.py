"""The mornings on which operations meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from booking.accounts.table import UserItem
from booking.administration.update_user import update_user
from booking.bookings.create import Wish, create_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.open_holds import MOST_OPEN_HOLDS
from booking.caller import Caller
from booking.dynamodb.items import update
from booking.slots.opened import open_slot
from tests.instants import DAY, HOUR, NOW, SECOND
from tests.interleavings.operation import Operation
from tests.interleavings.operations import operations
from tests.interleavings.operations_of_account import operations_of_account
from tests.interleavings.operations_of_hours import leave, operations_of_hours
from tests.interleavings.store import Snapshot, Store
from tests.interleavings.world import GUEST_HOLD, HOLD_SECONDS, TWO, Morning, a_morning, guest_books
from tests.interleavings.world_of_account import an_account
from tests.interleavings.world_of_hours import MorningOfHours, a_morning_of_hours

OPENED = "opened by hand"
CLOSED = "opened by hand, the specialist deactivated"
HELD = "opened by hand, Dan holds 11:00 and all but one of what a client may hold, Wanda waits for 11:00"
GUESTS = "opened by hand, Gus, a guest, holds 11:00 and has booked 17:00, Wanda waits for both"
INACTIVE = "opened by hand, Wanda deactivated and still in line"
HOURS = "opening hours"
HOURS_HELD = "opening hours, Dan holds a trim at 10:00, Eve waits for a cut then, which Ben's is in the way of, too"
HOURS_CLOSED = "opening hours, the specialist deactivated"
HOURS_INACTIVE = "opening hours, Wanda deactivated and still in line"
ACROSS = "opening hours, only Eve waits, for 9:45, which two have"
BESIDE = "opening hours, Eve waits for 14:00 for a cut, which 15:00 is in the way of"
BOTH = "opening hours, Cid has 14:00, and Eve waits for it for a cut, which 15:00 is in the way of, too"

ACCOUNT = "Ann's account"

type Operations = Mapping[str, Operation]


@dataclass(frozen=True)
class World:
    """What is stored before the operations begin, and the operations."""

    before: Snapshot
    operations: Operations


def a_world(store: Store, name: str) -> World:
    """The world of that name, in the store."""
    store.restore(Store().snapshot())
    found = _MAKERS[name]()
    return World(store.snapshot(), found)


def _opened(change: Callable[[Morning], object]) -> Operations:
    morning = a_morning()
    change(morning)
    return operations(morning)


def _of_hours(change: Callable[[MorningOfHours], object]) -> Operations:
    morning = a_morning_of_hours()
    change(morning)
    return operations_of_hours(morning)


def _nothing(_: object) -> None:
    """As it is."""


def _deactivate(admin: Caller, specialist: Caller) -> None:
    update_user(admin, specialist.user_id, is_active=False, role=None, now=NOW)


def _with_holds() -> Operations:
    morning = a_morning()
    specialist = morning.specialist
    five, *others = (
        open_slot(specialist, at, at + HOUR, NOW).id
        for at in (TWO + 3 * HOUR, *(TWO + DAY + number * HOUR for number in range(MOST_OPEN_HOLDS - 2)))
    )
    hold = partial(create_booking, morning.dan, now=NOW)
    morning = replace(morning, dans=hold(Wish(morning.eleven), hold_seconds=HOLD_SECONDS).id, five=five)
    for slot_id in others:
        hold(Wish(slot_id), hold_seconds=2 * HOLD_SECONDS)
    join_wait_list(morning.wanda, morning.eleven, NOW)
    return operations(morning)


def _with_guest() -> Operations:
    morning = a_morning()
    at = TWO + 3 * HOUR
    booked, five = (open_slot(morning.specialist, start, start + HOUR, NOW).id for start in (at, at + HOUR))
    held = guest_books(morning.eleven, GUEST_HOLD)
    morning = replace(morning, guss=held.id, guss_five=guest_books(booked).id, five=five)
    for slot_id in (morning.eleven, booked):
        join_wait_list(morning.wanda, slot_id, NOW)
    return operations(morning)


def _deactivate_wanda(morning: Morning | MorningOfHours) -> None:
    """As far as a run has come that ended before it has removed her from the wait-list."""
    update(UserItem(user_id=morning.wanda.user_id), [UserItem.is_active.set(False)])  # the value


def _in_many_writes(found: Operations) -> Operations:
    """Who comes to the place of somebody inactive removes it in a write of its own."""
    return {name: replace(operation, is_one_write=False) for name, operation in found.items()}


def _only_eve_waits(morning: MorningOfHours) -> None:
    leave(morning.wanda, morning.at(9))()
    leave(morning.walt, morning.trim_at(9, 30))()
    join_wait_list(morning.eve, morning.at(9, 45), NOW + 2 * SECOND)


def _eve_waits_for_14(morning: MorningOfHours) -> None:
    join_wait_list(morning.eve, morning.two, NOW + 2 * SECOND, service_id=morning.cut)


def _with_hold() -> Operations:
    morning = a_morning_of_hours()
    wish = Wish(morning.trim_at(10), morning.trim)
    morning = replace(morning, dans=create_booking(morning.dan, wish, NOW, hold_seconds=HOLD_SECONDS).id)
    join_wait_list(morning.eve, morning.at(10), NOW + 2 * SECOND, service_id=morning.cut)
    return operations_of_hours(morning)


def _with_both() -> Operations:
    morning = a_morning_of_hours()
    morning = replace(morning, cids=create_booking(morning.cid, Wish(morning.two), NOW).id)
    _eve_waits_for_14(morning)
    return operations_of_hours(morning)


_MAKERS: Mapping[str, Callable[[], Operations]] = {
    OPENED: partial(_opened, _nothing),
    CLOSED: partial(_opened, lambda morning: _deactivate(morning.admin, morning.specialist)),
    HELD: _with_holds,
    GUESTS: _with_guest,
    INACTIVE: lambda: _in_many_writes(_opened(_deactivate_wanda)),
    HOURS_INACTIVE: lambda: _in_many_writes(_of_hours(_deactivate_wanda)),
    HOURS: partial(_of_hours, _nothing),
    HOURS_HELD: _with_hold,
    HOURS_CLOSED: partial(_of_hours, lambda morning: _deactivate(morning.admin, morning.specialist)),
    ACROSS: partial(_of_hours, _only_eve_waits),
    BESIDE: partial(_of_hours, _eve_waits_for_14),
    BOTH: _with_both,
    ACCOUNT: lambda: operations_of_account(an_account()),
}
