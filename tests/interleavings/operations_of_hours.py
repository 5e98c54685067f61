"""The operations that meet on a morning of opening hours."""

from collections.abc import Callable, Mapping
from functools import partial

from booking.administration.update_user import update_user
from booking.bookings.change_hours import set_date, set_schedule
from booking.bookings.confirm import confirm_booking
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot, delete_time_off
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.caller import Caller
from booking.errors import Forbidden
from booking.slots.errors import EntryNotFound, SlotOverlaps, TimeOffNotFound, TimeTaken
from booking.slots.ids import EntryId, SlotId
from booking.slots.opened import open_slot
from booking.slots.time_off import create_time_off
from booking.slots.wait_list import leave_wait_list
from booking.specialists.services import update_service
from tests.instants import MINUTE, NOW, SECOND, TICK
from tests.integration.sweeps import expire_everywhere, lapse_everywhere
from tests.interleavings.operation import (
    ALL_THE_TIME,
    BOOK,
    CANCEL,
    CONFIRM,
    DELETE,
    HALF_PAST_NINE,
    JOIN,
    MOVE,
    Operation,
)
from tests.interleavings.world import HOLD_ENDS
from tests.interleavings.world_of_hours import MorningOfHours, clock, open_from


def operations_of_hours(morning: MorningOfHours) -> Mapping[str, Operation]:
    """All of them, by name."""
    found = [
        *_bookings(morning),
        *_cancellations_and_moves(morning),
        *(_hold(morning) if morning.dans else []),
        *_waiting(morning),
        *_time_off(morning),
        *_hours(morning),
        *_opened_by_hand(morning),
        Operation("deactivate the specialist", partial(_deactivate, morning), is_one_write=False),
    ]
    return {operation.name: operation for operation in found}


def _deactivate(morning: MorningOfHours) -> object:
    return update_user(morning.admin, morning.specialist.user_id, is_active=False, role=None, now=NOW + 10 * SECOND)


def _bookings(morning: MorningOfHours) -> list[Operation]:
    now = NOW + 3 * SECOND
    book = partial(create_booking, now=now)
    trim, cut = morning.trim, morning.cut
    return [
        Operation("book a trim at 10:00", partial(book, morning.cid, Wish(morning.trim_at(10), trim, key="k")), BOOK),
        Operation("book a trim at 9:45", partial(book, morning.dan, Wish(morning.trim_at(9, 45), trim)), BOOK),
        Operation("book a trim at 10:45", partial(book, morning.dan, Wish(morning.trim_at(10, 45), trim)), BOOK),
        Operation("book a cut at 10:00", partial(book, morning.dan, Wish(morning.at(10), cut)), BOOK),
        Operation("book 14:00 for a cut", partial(book, morning.dan, Wish(morning.two, cut)), BOOK),
        Operation("book 14:00", partial(book, morning.cid, Wish(morning.two)), BOOK),
    ]


def _cancellations_and_moves(morning: MorningOfHours) -> list[Operation]:
    def cancel(by: Caller, booking_id: str) -> Callable[[], object]:
        return partial(cancel_booking, by, booking_id, NOW + 5 * SECOND)

    def move(by: Caller, booking_id: str, to: str) -> Callable[[], object]:
        return partial(reschedule_booking, by, booking_id, to, NOW + 6 * SECOND)

    def ending(name: str, run: Callable[[], object]) -> Operation:
        return Operation(name, run, (*CANCEL, *MOVE), changes_bookings=True)

    return [
        ending("cancel Ann's 9:00", cancel(morning.ann, morning.anns)),
        ending("cancel Cid's 14:00", cancel(morning.cid, morning.cids)),
        ending("cancel Ben's cut", cancel(morning.ben, morning.bens)),
        ending("move Ann's 9:00 by 15 minutes", move(morning.ann, morning.anns, morning.at(9, 15))),
        ending("move Ann's 9:00 to 14:00", move(morning.ann, morning.anns, morning.two)),
        ending("move Ben's cut to 10:15", move(morning.ben, morning.bens, morning.at(10, 15))),
        ending("move Ben's cut to 14:00", move(morning.ben, morning.bens, morning.two)),
        Operation(
            "expire",
            partial(expire_everywhere, HALF_PAST_NINE, ALL_THE_TIME),
            comes_again=True,
            changes_bookings=True,
            now=HALF_PAST_NINE,
        ),
    ]


def _hold(morning: MorningOfHours) -> list[Operation]:
    confirm = partial(confirm_booking, morning.dan, morning.dans, HOLD_ENDS - TICK)
    over = HOLD_ENDS + MINUTE
    lapse = partial(lapse_everywhere, over, ALL_THE_TIME)
    return [
        Operation("confirm 10:00", confirm, CONFIRM, changes_bookings=True, may_answer_twice=True, now=HOLD_ENDS),
        Operation("lapse", lapse, comes_again=True, changes_bookings=True, now=over),
    ]


def _waiting(morning: MorningOfHours) -> list[Operation]:
    def join(client: Caller, slot_id: str, service_id: str | None = None) -> Callable[[], object]:
        return partial(join_wait_list, client, slot_id, NOW + 7 * SECOND, service_id=service_id)

    gone = (EntryNotFound,)
    return [
        Operation(
            "Eve waits for a cut at 10:00", join(morning.eve, morning.at(10), morning.cut), JOIN, may_answer_twice=True
        ),
        Operation("Eve waits for 10:45", join(morning.eve, morning.at(10, 45)), JOIN, may_answer_twice=True),
        Operation("Eve waits for 14:00 for a cut", join(morning.eve, morning.two, morning.cut), JOIN),
        Operation("Dan waits for 14:00 for a cut", join(morning.dan, morning.two, morning.cut), JOIN),
        Operation("Dan waits for 14:00", join(morning.dan, morning.two), JOIN),
        Operation("Eve leaves 14:00", leave(morning.eve, morning.two), gone),
        Operation("Wanda leaves 9:00", leave(morning.wanda, morning.at(9)), gone),
        Operation("Will leaves 12:00", leave(morning.will, morning.trim_at(12)), gone),
    ]


def leave(client: Caller, slot_id: str) -> Callable[[], object]:
    """The client leaves the slot's wait-list."""
    slot = SlotId.parse(slot_id)
    assert slot is not None
    return partial(leave_wait_list, client, EntryId(slot, client.user_id).text, NOW + 8 * SECOND)


def _time_off(morning: MorningOfHours) -> list[Operation]:
    take = partial(create_time_off, morning.specialist, now=NOW + 9 * SECOND)
    give_up = partial(delete_time_off, morning.specialist, morning.off, NOW + 9 * SECOND)
    return [
        Operation("time off at 10:00", partial(take, clock(10), clock(10, 30)), (TimeTaken, Forbidden)),
        Operation("time off at 11:30", partial(take, clock(11, 30), clock(11, 45)), (TimeTaken, Forbidden)),
        Operation("time off at 17:30", partial(take, clock(17, 30), clock(17, 45)), (TimeTaken, Forbidden)),
        Operation("time off ends", give_up, (TimeOffNotFound, Forbidden)),
    ]


def _hours(morning: MorningOfHours) -> list[Operation]:
    def set_week() -> object:
        return set_schedule(morning.specialist, open_from(9, 10), NOW + 10 * SECOND).value

    def close_day() -> object:
        return set_date(morning.specialist, NOW.date(), [], NOW + 10 * SECOND).value

    return [
        Operation("open until 10:00 only", set_week, (Forbidden,)),
        Operation("closed that day", close_day, (Forbidden,)),
        Operation("no trims", partial(update_service, morning.specialist, morning.trim, is_active=False), (Forbidden,)),
    ]


def _opened_by_hand(morning: MorningOfHours) -> list[Operation]:
    open_at = partial(open_slot, morning.specialist, now=NOW + 9 * SECOND)
    delete = partial(delete_slot, morning.specialist, now=NOW + 9 * SECOND)
    taken = (SlotOverlaps, TimeTaken, Forbidden)
    return [
        Operation("open 10:00", partial(open_at, clock(10), clock(10, 30)), taken),
        Operation("open 17:00", partial(open_at, clock(17), clock(18)), taken),
        Operation("open 10:15", partial(open_at, clock(10, 15), clock(11)), taken),
        Operation("delete 14:00", partial(delete, morning.two), DELETE),
        Operation("delete 15:00", partial(delete, morning.three), DELETE),
    ]
