"""The operations that meet, as the routes and sweeps call them, each with the refusals that its route documents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from booking.administration.update_user import update_user
from booking.background.sweep import Bounds
from booking.bookings.cancel import cancel_booking
from booking.bookings.create import create_booking
from booking.bookings.errors import BookingHasExpired, NotConfirmed
from booking.bookings.expire import expire_started
from booking.bookings.reschedule import reschedule_booking
from booking.caller import Caller
from booking.errors import BookingError, Forbidden
from booking.slots.delete import delete_slot
from booking.slots.errors import (
    AlreadyWaiting,
    BookedSlot,
    EntryNotFound,
    HoldsSlot,
    SlotAlreadyBooked,
    SlotIsAvailable,
    SlotNotFound,
    SlotOverlaps,
    SlotStarted,
)
from booking.slots.open import open_slot
from booking.slots.slot_id import SlotId
from booking.slots.wait_list import join_wait_list, leave_wait_list
from booking.slots.wait_list_entry_id import EntryId
from tests.instants import HOUR, MINUTE, NOW, SECOND
from tests.interleavings.world import NINE, TWELVE, Morning

type Refusals = tuple[type[BookingError], ...]

BOOK: Refusals = (SlotAlreadyBooked, SlotNotFound, SlotStarted)
CANCEL: Refusals = (BookingHasExpired, SlotStarted)
MOVE: Refusals = (NotConfirmed, SlotStarted, SlotNotFound, SlotAlreadyBooked)
JOIN: Refusals = (SlotIsAvailable, AlreadyWaiting, HoldsSlot, SlotNotFound, SlotStarted)
OPEN: Refusals = (SlotOverlaps, Forbidden)
DELETE: Refusals = (SlotNotFound, BookedSlot)
HALF_PAST_NINE = NINE + HOUR / 2
ALL_THE_TIME = Bounds(time_left_ms=lambda: 900_000)


@dataclass(frozen=True)
class Operation:
    """What somebody asks for.

    `is_one_write` is False where the code says that more follows in writes of its own. A sweep comes again, so that
    what it leaves is looked at after the next one (`comes_again`), and its report tells of no state of things.
    `now` is no earlier than what its clock says.
    """

    name: str
    run: Callable[[], object]
    refusals: Refusals = ()
    is_one_write: bool = True
    comes_again: bool = False
    now: datetime = NOW + MINUTE


def operations(morning: Morning) -> Mapping[str, Operation]:
    """All of them, by name."""
    found = [
        *_bookings(morning),
        *_cancellations(morning),
        *_moves(morning),
        *_waiting(morning),
        *_calendar(morning),
        *_accounts(morning),
    ]
    return {operation.name: operation for operation in found}


def _bookings(morning: Morning) -> list[Operation]:
    with_key = partial(create_booking, idempotency_key="a key", now=NOW + 3 * SECOND)
    without = partial(create_booking, now=NOW + 4 * SECOND)
    return [
        Operation("book 11:00 with a key", partial(with_key, morning.cid, morning.eleven), BOOK),
        Operation("book 11:00", partial(without, morning.dan, morning.eleven), BOOK),
        Operation("book 10:00", partial(without, morning.dan, morning.ten), BOOK),
        Operation("book 9:00", partial(without, morning.dan, morning.nine), BOOK),
    ]


def _cancellations(morning: Morning) -> list[Operation]:
    now = NOW + 5 * SECOND
    return [
        Operation("cancel 9:00", partial(cancel_booking, morning.ann, morning.anns, now), CANCEL),
        Operation("cancel 10:00", partial(cancel_booking, morning.ben, morning.bens, now), CANCEL),
        Operation(
            "cancel 9:00 once begun",
            partial(cancel_booking, morning.specialist, morning.anns, HALF_PAST_NINE),
            CANCEL,
            now=HALF_PAST_NINE,
        ),
    ]


def _moves(morning: Morning) -> list[Operation]:
    def move(by: Caller, booking_id: str, to: str) -> Callable[[], object]:
        return partial(reschedule_booking, by, booking_id, to, NOW + 6 * SECOND)

    return [
        Operation("move 9:00 to 11:00", move(morning.ann, morning.anns, morning.eleven), MOVE),
        Operation("move 10:00 to 11:00", move(morning.ben, morning.bens, morning.eleven), MOVE),
        Operation("move 9:00 to 10:00", move(morning.ann, morning.anns, morning.ten), MOVE),
        Operation("move 10:00 to 9:00", move(morning.ben, morning.bens, morning.nine), MOVE),
    ]


def _waiting(morning: Morning) -> list[Operation]:
    def leave(client: Caller, slot_id: str) -> Callable[[], object]:
        slot = SlotId.parse(slot_id)
        assert slot is not None
        return partial(leave_wait_list, client, EntryId(slot, client.user_id).text, NOW + 8 * SECOND)

    def join(client: Caller, slot_id: str, later: int) -> Callable[[], object]:
        return partial(join_wait_list, client, slot_id, NOW + later * SECOND)

    return [
        Operation("Eve waits for 9:00", join(morning.eve, morning.nine, 7), JOIN),
        Operation("Eve waits for 10:00", join(morning.eve, morning.ten, 7), JOIN),
        Operation("Dan waits for 10:00", join(morning.dan, morning.ten, 8), JOIN),
        Operation("Eve waits for 11:00", join(morning.eve, morning.eleven, 7), JOIN),
        Operation("Wanda leaves 9:00", leave(morning.wanda, morning.nine), (EntryNotFound,)),
        Operation("Walt leaves 9:00", leave(morning.walt, morning.nine), (EntryNotFound,)),
        Operation("Eve leaves 10:00", leave(morning.eve, morning.ten), (EntryNotFound,)),
    ]


def _calendar(morning: Morning) -> list[Operation]:
    def open_at(start: timedelta, length: timedelta = HOUR) -> Callable[[], object]:
        return partial(open_slot, morning.specialist, TWELVE + start, TWELVE + start + length, NOW + 9 * SECOND)

    return [
        Operation("open 12:00", open_at(timedelta(0)), OPEN),
        Operation("open 12:30", open_at(HOUR / 2), OPEN),
        Operation("open 11:00", open_at(-HOUR), OPEN),
        Operation("open 11:30", open_at(-HOUR / 2), OPEN),
        Operation("open 23:30", open_at(11.5 * HOUR), OPEN),
        Operation("delete 11:00", partial(delete_slot, morning.specialist, morning.eleven), DELETE),
        Operation("delete 10:00", partial(delete_slot, morning.specialist, morning.ten), DELETE),
        Operation(
            "expire", partial(expire_started, HALF_PAST_NINE, ALL_THE_TIME), comes_again=True, now=HALF_PAST_NINE
        ),
    ]


def _accounts(morning: Morning) -> list[Operation]:
    def set_active(whom: Caller, *, is_active: bool) -> Callable[[], object]:
        change = partial(update_user, morning.admin, whom.user_id, role=None, now=NOW + 10 * SECOND)
        return partial(change, is_active=is_active)

    return [
        Operation("deactivate Wanda", set_active(morning.wanda, is_active=False), is_one_write=False),
        Operation("deactivate the specialist", set_active(morning.specialist, is_active=False), is_one_write=False),
        Operation("activate the specialist", set_active(morning.specialist, is_active=True), is_one_write=False),
    ]
