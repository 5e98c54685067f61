"""The operations that meet on a morning of slots that were opened by hand."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from booking.accounts.erase import mark_erased
from booking.accounts.errors import UserNotFound
from booking.accounts.table import UserItem
from booking.administration.update_user import update_user
from booking.bookings.attendance import set_attendance
from booking.bookings.confirm import confirm_booking
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.bookings.rules import Attendance
from booking.bookings.take_over import take_over
from booking.caller import Caller, Guest
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.items import get
from booking.errors import Forbidden, Unauthenticated
from booking.privacy.erase import Erasure, erase_person
from booking.slots.errors import EntryNotFound
from booking.slots.ids import EntryId, SlotId
from booking.slots.opened import open_slot
from booking.slots.rules import Slot
from booking.slots.wait_list import leave_wait_list
from tests.instants import DAY, HOUR, MINUTE, NOW, SECOND, TICK
from tests.integration.sweeps import expire_everywhere, lapse_everywhere
from tests.interleavings.operation import (
    ALL_THE_TIME,
    ATTEND,
    BOOK,
    CANCEL,
    CONFIRM,
    DELETE,
    HALF_PAST_NINE,
    HOLD,
    JOIN,
    MOVE,
    OPEN,
    Operation,
    Refusals,
)
from tests.interleavings.world import (
    GUEST_HOLD,
    GUS,
    HOLD_ENDS,
    HOLD_SECONDS,
    TWELVE,
    TWO,
    WITHIN_A_MINUTE,
    Morning,
    guest_books,
)


def operations(morning: Morning) -> Mapping[str, Operation]:
    """All of them, by name."""
    found = [
        *_bookings(morning),
        *(_holds(morning) if morning.dans else []),
        *(_guests(morning) if morning.guss else []),
        *_cancellations(morning),
        *_moves(morning),
        *_waiting(morning),
        *_calendar(morning),
        *_accounts(morning),
    ]
    return {operation.name: operation for operation in found}


def _bookings(morning: Morning) -> list[Operation]:
    with_key = partial(create_booking, now=NOW + 3 * SECOND)
    without = partial(create_booking, now=NOW + 4 * SECOND)
    return [
        Operation("book 11:00 with a key", partial(with_key, morning.cid, Wish(morning.eleven, key="a key")), BOOK),
        Operation("book 11:00", partial(without, morning.dan, Wish(morning.eleven)), BOOK),
        Operation("book 10:00", partial(without, morning.dan, Wish(morning.ten)), BOOK),
        Operation("book 9:00", partial(without, morning.dan, Wish(morning.nine)), BOOK),
        Operation("book 14:00 with the same key", partial(with_key, morning.cid, Wish(morning.two, key="a key")), BOOK),
        Operation(
            "book 9:00 once begun",
            partial(create_booking, morning.dan, Wish(morning.nine), HALF_PAST_NINE),
            BOOK,
            now=HALF_PAST_NINE,
        ),
    ]


def _holds(morning: Morning) -> list[Operation]:
    hold = partial(create_booking, morning.dan, hold_seconds=HOLD_SECONDS, now=NOW + 4 * SECOND)

    def confirm(now: datetime) -> Callable[[], object]:
        return partial(confirm_booking, morning.dan, morning.dans, now)

    def ending(name: str, run: Callable[[], object], refusals: Refusals) -> Operation:
        return Operation(name, run, refusals, changes_bookings=True, may_answer_twice=True, now=HOLD_ENDS)

    over = HOLD_ENDS + MINUTE
    cancel = partial(cancel_booking, morning.dan, morning.dans, HOLD_ENDS - TICK)
    return [
        Operation("Dan holds 14:00", partial(hold, Wish(morning.two)), HOLD),
        Operation("Dan holds 17:00", partial(hold, Wish(morning.five)), HOLD),
        ending("confirm 11:00", confirm(HOLD_ENDS - TICK), CONFIRM),
        ending("confirm 11:00 too late", confirm(HOLD_ENDS), CONFIRM),
        ending("cancel 11:00", cancel, CANCEL),
        Operation(
            "lapse",
            partial(lapse_everywhere, over, ALL_THE_TIME),
            comes_again=True,
            changes_bookings=True,
            now=over,
        ),
    ]


def _guests(morning: Morning) -> list[Operation]:
    def gus(booking_id: str) -> Guest:
        return Guest(GUS.id, booking_id)

    def changing(name: str, run: Callable[[], object], refusals: Refusals = ()) -> Operation:
        return Operation(name, run, refusals, changes_bookings=True, may_answer_twice=True, now=HOLD_ENDS)

    # a link opens nothing once its guest is erased
    held, booked, over = morning.guss, morning.guss_five, HOLD_ENDS + MINUTE
    return [
        Operation("Gus holds 14:00", partial(guest_books, morning.two, GUEST_HOLD), HOLD),
        Operation("Gus holds 18:00", partial(guest_books, morning.five, GUEST_HOLD), HOLD),
        changing(
            "Gus confirms 11:00", partial(confirm_booking, gus(held), held, HOLD_ENDS - TICK), (*CONFIRM, Forbidden)
        ),
        changing("Gus cancels 11:00", partial(cancel_booking, gus(held), held, HOLD_ENDS - TICK), CANCEL),
        changing("Cid takes 11:00 over", partial(take_over, held, morning.cid.user_id)),
        changing("Cid takes 17:00 over", partial(take_over, booked, morning.cid.user_id)),
        changing("Gus cancels 17:00", partial(cancel_booking, gus(booked), booked, NOW + 5 * SECOND), CANCEL),
        changing(
            "Gus moves 17:00",
            partial(reschedule_booking, gus(booked), booked, morning.two, NOW + 5 * SECOND),
            (*MOVE, Forbidden),
        ),
        Operation(
            "lapse",
            partial(lapse_everywhere, over, ALL_THE_TIME),
            comes_again=True,
            changes_bookings=True,
            now=over,
        ),
    ]


def _cancellations(morning: Morning) -> list[Operation]:
    now = NOW + 5 * SECOND
    return [
        Operation(
            "cancel 9:00", partial(cancel_booking, morning.ann, morning.anns, now), CANCEL, changes_bookings=True
        ),
        Operation(
            "cancel 10:00", partial(cancel_booking, morning.ben, morning.bens, now), CANCEL, changes_bookings=True
        ),
        Operation(
            "Ann has not come",
            partial(set_attendance, morning.specialist, morning.anns, Attendance.NO_SHOW, HALF_PAST_NINE),
            ATTEND,
            changes_bookings=True,
            may_answer_twice=True,
            now=HALF_PAST_NINE,
        ),
        Operation(
            "cancel 9:00 once begun",
            partial(cancel_booking, morning.specialist, morning.anns, HALF_PAST_NINE),
            CANCEL,
            changes_bookings=True,
            now=HALF_PAST_NINE,
        ),
    ]


def _moves(morning: Morning) -> list[Operation]:
    def move(by: Caller, booking_id: str, to: str) -> Callable[[], object]:
        return partial(reschedule_booking, by, booking_id, to, NOW + 6 * SECOND)

    return [
        Operation("move 9:00 to 11:00", move(morning.ann, morning.anns, morning.eleven), MOVE, changes_bookings=True),
        Operation("move 10:00 to 11:00", move(morning.ben, morning.bens, morning.eleven), MOVE, changes_bookings=True),
        Operation("move 9:00 to 10:00", move(morning.ann, morning.anns, morning.ten), MOVE, changes_bookings=True),
        Operation("move 10:00 to 9:00", move(morning.ben, morning.bens, morning.nine), MOVE, changes_bookings=True),
        Operation(
            "move 10:00 to 9:00 once begun",
            partial(reschedule_booking, morning.ben, morning.bens, morning.nine, HALF_PAST_NINE),
            MOVE,
            changes_bookings=True,
            now=HALF_PAST_NINE,
        ),
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
        Operation("Ben waits for 10:00", join(morning.ben, morning.ten, 7), JOIN),
        Operation(
            "Eve waits for 9:00 once begun",
            partial(join_wait_list, morning.eve, morning.nine, HALF_PAST_NINE),
            JOIN,
            now=HALF_PAST_NINE,
        ),
        Operation("Wanda leaves 9:00", leave(morning.wanda, morning.nine), (EntryNotFound,)),
        Operation("Walt leaves 9:00", leave(morning.walt, morning.nine), (EntryNotFound,)),
        Operation("Eve leaves 10:00", leave(morning.eve, morning.ten), (EntryNotFound,)),
    ]


def _calendar(morning: Morning) -> list[Operation]:
    def open_at(start: timedelta, length: timedelta = HOUR) -> Callable[[], Slot]:
        return partial(open_slot, morning.specialist, TWELVE + start, TWELVE + start + length, NOW + 9 * SECOND)

    return [
        Operation("open 12:00", open_at(timedelta(0)), OPEN),
        Operation("open 12:30", open_at(HOUR / 2), OPEN),
        Operation("open 11:00", open_at(-HOUR), OPEN),
        Operation("open 11:30", open_at(-HOUR / 2), OPEN),
        Operation("open 23:30", open_at(11.5 * HOUR), OPEN),
        Operation("open tomorrow 9:00", open_at(DAY - 3 * HOUR), OPEN),
        Operation("open tomorrow 9:30", open_at(DAY - 2.5 * HOUR), OPEN),
        Operation("open 11:00 and book it", _open_and_book(morning, open_at(-HOUR)), OPEN, is_one_write=False),
        Operation("delete 11:00", partial(delete_slot, morning.specialist, morning.eleven, NOW + 9 * SECOND), DELETE),
        Operation(
            "open half a minute past 15:00",
            partial(open_slot, morning.specialist, WITHIN_A_MINUTE, TWO + 2 * HOUR, NOW + 9 * SECOND),
            OPEN,
        ),
        Operation("delete 14:00", partial(delete_slot, morning.specialist, morning.two, now=NOW + 9 * SECOND), DELETE),
        Operation("delete 10:00", partial(delete_slot, morning.specialist, morning.ten, NOW + 9 * SECOND), DELETE),
        Operation(
            "expire",
            partial(expire_everywhere, HALF_PAST_NINE, ALL_THE_TIME),
            comes_again=True,
            changes_bookings=True,
            now=HALF_PAST_NINE,
        ),
    ]


def _accounts(morning: Morning) -> list[Operation]:
    def set_active(whom: Caller, *, is_active: bool) -> Callable[[], object]:
        change = partial(update_user, morning.admin, whom.user_id, role=None, now=NOW + 10 * SECOND)
        return partial(change, is_active=is_active)

    return [
        erasing("erase Ann", morning.ann),
        erasing("erase Cid", morning.cid, GUS.id),
        erasing("erase Dan", morning.dan),
        erasing("erase Eve", morning.eve),
        erasing("erase Wanda", morning.wanda),
        erasing("erase the specialist", morning.specialist),
        Operation("deactivate Wanda", set_active(morning.wanda, is_active=False), (UserNotFound,), is_one_write=False),
        Operation("deactivate the specialist", set_active(morning.specialist, is_active=False), is_one_write=False),
        Operation("activate the specialist", set_active(morning.specialist, is_active=True), is_one_write=False),
    ]


def erasing(name: str, whom: Caller, guest_id: str | None = None) -> Operation:
    """Whose erasure goes on by itself, once it has begun; with what the guest has booked who has the same address."""
    run = partial(erase, whom, guest_id)
    return Operation(name, run, (Unauthenticated,), is_one_write=False, comes_again=True, changes_bookings=True)


def erase(whom: Caller, guest_id: str | None) -> None:
    """Marks the account, and takes the person out of everything, as `delete_own_user` does and its message goes on.

    Raises `Unauthenticated` if the account is deactivated.
    """
    retrying_contention(lambda: _mark(whom))
    now = NOW + 10 * SECOND
    erase_person(Erasure(whom.user_id, guest_id, now, NOW + HOUR), now)


def _mark(whom: Caller) -> None:
    user = get(UserItem, whom.user_id, consistent=True)
    if user is None or user.is_marked_erased:
        return
    if not user.is_active:
        raise Unauthenticated
    mark_erased(user, NOW + HOUR, NOW + 10 * SECOND)


def _open_and_book(morning: Morning, open_it: Callable[[], Slot]) -> Callable[[], object]:
    return lambda: create_booking(morning.dan, Wish(open_it().id), NOW + 9 * SECOND)
