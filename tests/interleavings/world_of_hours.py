"""A specialist's morning that follows from opening hours, with something of every kind that takes time."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from booking.bookings.create import Wish, create_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.caller import Caller, Role
from booking.slots.ids import SlotId
from booking.slots.opened import open_slot
from booking.slots.time_off import create_time_off
from booking.specialists import profiles
from booking.specialists.hours import put_schedule
from booking.specialists.opening_hours import Interval, Schedule, Weekday
from booking.specialists.services import create_service
from tests.instants import HOUR, MINUTE, NOW, SECOND
from tests.interleavings.world import account


@dataclass(frozen=True)
class MorningOfHours:
    """Open from 9:00 to 13:00; a slot without a service takes an hour, a trim 30 minutes, a cut 60 and 15 behind it.

    Ann has booked 9:00 without a service, and Wanda waits for that, Walt for a trim at 9:30. Ben has booked a cut at
    10:30. 10:00 is free for a trim. From 11:45 to 12:45 is time off, and Will waits for a trim at 12:00. 14:00 has been
    opened by hand for an hour, and 15:00 for half an hour.
    """

    specialist: Caller
    admin: Caller
    ann: Caller
    ben: Caller
    cid: Caller
    dan: Caller
    eve: Caller
    wanda: Caller
    walt: Caller
    will: Caller
    cut: str
    trim: str
    anns: str
    bens: str
    off: str
    two: str
    three: str
    cids: str = ""
    dans: str = ""

    def at(self, hour: int, minute: int = 0, length: timedelta = HOUR) -> str:
        """The id of the slot from hours that starts then."""
        return SlotId.of_hours(self.specialist.specialist_id, clock(hour, minute), length).text

    def trim_at(self, hour: int, minute: int = 0) -> str:
        """The id of the slot for a trim that starts then."""
        return self.at(hour, minute, 30 * MINUTE)


def clock(hour: int, minute: int = 0) -> datetime:
    """A time of that morning."""
    return datetime(NOW.year, NOW.month, NOW.day, hour, minute, tzinfo=UTC)


def open_from(start: int, end: int) -> Schedule:
    """Every day open from one hour to another."""
    hours = {day: [Interval(start * 60, end * 60)] for day in Weekday}
    return Schedule(hours=hours, slot_minutes=60, step_minutes=15, horizon_days=60)


def a_morning_of_hours() -> MorningOfHours:
    """Made by the operations that the routes call."""
    specialist = account("specialist", Role.SPECIALIST)
    profiles.update_own_profile(specialist, {"display_name": "Sam"}, NOW)
    put_schedule(specialist, open_from(9, 13), NOW)
    cut = _service(specialist, "Cut", 60, buffer_after=15)
    trim = _service(specialist, "Trim", 30)
    ann, ben, wanda, walt, will = (account(name) for name in ("ann", "ben", "wanda", "walt", "will"))
    morning = MorningOfHours(
        specialist=specialist,
        admin=account("admin", Role.ADMIN),
        ann=ann,
        ben=ben,
        cid=account("cid"),
        dan=account("dan"),
        eve=account("eve"),
        wanda=wanda,
        walt=walt,
        will=will,
        cut=cut,
        trim=trim,
        anns="",
        bens="",
        off=create_time_off(specialist, clock(11, 45), clock(12, 45), NOW).id,
        two=open_slot(specialist, clock(14), clock(15), NOW).id,
        three=open_slot(specialist, clock(15), clock(15, 30), NOW).id,
    )
    anns = create_booking(ann, Wish(morning.at(9)), NOW).id
    bens = create_booking(ben, Wish(morning.at(10, 30), service_id=cut), NOW).id
    join_wait_list(wanda, morning.at(9), NOW)
    join_wait_list(walt, morning.trim_at(9, 30), NOW + SECOND, service_id=trim)
    join_wait_list(will, morning.trim_at(12), NOW + 2 * SECOND, service_id=trim)
    return replace(morning, anns=anns, bens=bens)


def _service(specialist: Caller, title: str, minutes: int, buffer_after: int = 0) -> str:
    return create_service(
        specialist,
        title=title,
        description=None,
        duration_minutes=minutes,
        buffer_after_minutes=buffer_after,
        price=Decimal("25.00"),
        now=NOW,
    ).id
