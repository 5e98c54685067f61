"""Who is promoted when time becomes free: everybody in the order of joining whose slot is then free and still offered.

What it reads comes in this order: the hour records and hand-opened slots around the freed time, then the lines, so that
a client that joins in between has changed a record that was read, then what is offered. The write holds under what was
read of all that it changes, and of what keeps somebody waiting.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from itertools import islice

from pynamodb.expressions.update import Action

from booking.dynamodb.errors import Step
from booking.dynamodb.queries import query_all
from booking.dynamodb.transaction import Transaction
from booking.slots.calendar import Timeline, read_timeline
from booking.slots.errors import SlotAlreadyBooked
from booking.slots.hours import check_taken, empty_hour, set_hour
from booking.slots.ids import EntryId, SlotId
from booking.slots.minutes import Minutes
from booking.slots.offered import is_offered_to_waiters
from booking.slots.promotion import Freed, Promotion, leave_promoted
from booking.slots.rules import LONGEST_BUFFER, LONGEST_SLOT, WaitListEntry, has_started
from booking.slots.table import SlotItem, release_started
from booking.slots.wait_list_table import LineItem, WaitListItem, delete_entry, line_key
from booking.specialists.errors import SpecialistNotFound
from booking.specialists.offer import Offer, read_offer
from booking.specialists.profiles import check_open_in
from booking.specialists.services import check_offered_in

type Waiter = tuple[SlotId, WaitListEntry]
"""Somebody who waits, and for which slot."""

MOST_PROMOTED = 20
MOST_IN_LINE = 1000  # that are looked at, so that no crowd can keep time from being freed
WRITES_PER_PROMOTION = 4  # the booking, the entry, its place, and the account that must be active
WRITES_PER_ENTRY = 2  # the entry and its place
MOST_WRITES_OF_PROMOTION = WRITES_PER_PROMOTION + 2  # and a hand-opened slot, and the service that must be offered
MOST_SERVICES = 60  # with the days, the schedule and the profile, one read of at most 100 items
_HOUR = timedelta(hours=1)
_LONGEST_FROM_START = LONGEST_SLOT + LONGEST_BUFFER  # a hand-opened slot and the buffer behind it


class PromotionPlan:
    """The promotions, and everything about hour records and hand-opened slots that the write changes.

    `is_complete` is False when there may be more to promote than one write can hold.
    """

    def __init__(self, freed: Freed, timeline: Timeline, room: int, now: datetime) -> None:
        self.promotions: list[Promotion] = []
        self.is_complete = True
        self._freed = freed
        self._now = now
        self._room = room
        self._records = timeline.hours
        self._taken = {hour: set(minutes) for hour, minutes in timeline.taken.items()}
        self._opened = {item.slot_id: item for item in timeline.opened}
        self._changed: dict[datetime, int] = {}  # hours, and how many waiters fewer they have
        self._blockers: dict[datetime, set[int]] = {}  # minutes that keep somebody waiting
        self._blocking_slots: dict[str, SlotId] = {}
        self._left: list[Waiter] = []  # who gives the slot up
        self._take_and_free()

    def _take_and_free(self) -> None:
        for hour, minutes in self._freed.minutes.items():
            self._changed[hour] = 0
            self._taken.get(hour, set()).difference_update(minutes)
        if self._first_taken(self._freed.claimed):
            raise SlotAlreadyBooked
        for hour, minutes in self._freed.claimed.items():
            self._changed[hour] = 0
            self._taken.setdefault(hour, set()).update(minutes)

    def leave(self, slot: SlotId, waiter: WaitListEntry) -> None:
        """The waiter leaves the wait-list and is not promoted."""
        for hour in slot.minutes_for(waiter.service):
            self._changed[hour] = self._changed.get(hour, 0) + 1
        self._left.append((slot, waiter))

    def consider(self, slot: SlotId, waiter: WaitListEntry, offer: Offer) -> None:
        """Promotes the waiter if its slot is offered and free by now; nobody, once there was no room for somebody."""
        if not self.is_complete or not is_offered_to_waiters(offer, slot, waiter.service, self._now):
            return
        if not slot.from_hours and not self._can_be_booked(slot):
            return
        needed = slot.minutes_for(waiter.service)
        if taken := self._first_taken(needed):
            hour, minute = taken
            self._blockers.setdefault(hour, set()).add(minute)
            return
        changeable_until = offer.hours.schedule.changeable_until(slot.start_at) if slot.from_hours else slot.start_at
        self._promote(Promotion(slot, waiter, changeable_until), needed)

    def write_in(self, transaction: Transaction, booking_ids: Sequence[str]) -> list[Step]:
        """Adds the plan to the write; for each promotion the step that fails if the waiter's account is not active.

        It fails as well if the specialist, or the service of one of them, is not offered any more.
        """
        if self.promotions:
            check_open_in(transaction, self._freed.specialist_id)
        for service_id in self._services():
            check_offered_in(transaction, self._freed.specialist_id, service_id)
        for hour, fewer in self._changed.items():
            record = self._records.get(hour) or empty_hour(self._freed.specialist_id, hour)
            set_hour(
                transaction, record, hour, frozenset(self._taken.get(hour, ())), max(0, int(record.waiting) - fewer)
            )
        for blocking in self._blocking_slots.values():
            transaction.check(SlotItem.at(blocking), SlotItem.booking_id.exists())
        for hour, minutes in self._blockers.items():
            check_taken(transaction, self._freed.specialist_id, hour, minutes)
        by_slot = {
            promotion.slot.text: (booking_id, promotion.waiter.client.id)
            for promotion, booking_id in zip(self.promotions, booking_ids, strict=True)
        }
        for slot, waiter in self._left:
            delete_entry(transaction, slot, waiter)
        for slot in self._slots_changed():
            self._write_slot(transaction, slot, by_slot.get(slot.text))
        return leave_promoted(transaction, self.promotions)

    def _promote(self, promotion: Promotion, needed: Minutes) -> None:
        anew = [hour for hour in needed if hour not in self._changed]
        if len(self.promotions) == MOST_PROMOTED or self._writes() + len(anew) + MOST_WRITES_OF_PROMOTION > self._room:
            self.is_complete = False
            return
        for hour, minutes in needed.items():
            self._changed[hour] = self._changed.get(hour, 0) + 1
            self._taken.setdefault(hour, set()).update(minutes)
        self.promotions.append(promotion)

    def _writes(self) -> int:
        offered = len(self._services()) + 1
        entries = len(self.promotions) * WRITES_PER_PROMOTION + len(self._left) * WRITES_PER_ENTRY
        return len(self._changed) + entries + len(self._slots_changed()) + offered

    def _services(self) -> AbstractSet[str]:
        return {promotion.waiter.service_id for promotion in self.promotions if promotion.waiter.service_id}

    def _first_taken(self, minutes: Minutes) -> tuple[datetime, int] | None:
        for hour, those in minutes.items():
            if taken := self._taken.get(hour, set()) & those:
                return hour, min(taken)
        return None

    def _can_be_booked(self, slot: SlotId) -> bool:
        """Whether the hand-opened slot is there and nobody's, or is given up by this write."""
        item = self._opened.get(slot.text)
        if item is None or item.closed or any(promotion.slot == slot for promotion in self.promotions):
            return False
        if slot in (self._freed.slot, self._freed.unavailable_slot):
            return slot == self._freed.slot
        if item.booking_id:
            self._blocking_slots[slot.text] = slot
        return not item.booking_id

    def close(self) -> None:
        """Nobody else is considered: what keeps somebody waiting is checked as far as there is room for it.

        What finds no room may have gone by the time of the write, so whoever waits for it is looked at again after it.
        What is in a changed hour needs no check: the hour's version holds it.
        """
        self._blockers = {hour: those for hour, those in self._blockers.items() if hour not in self._changed}
        room = max(0, self._room - self._writes())
        self.is_complete = self.is_complete and len(self._blockers) + len(self._blocking_slots) <= room
        self._blocking_slots = dict(islice(self._blocking_slots.items(), room))
        self._blockers = dict(islice(self._blockers.items(), room - len(self._blocking_slots)))

    def _slots_changed(self) -> list[SlotId]:
        promoted = [promotion.slot for promotion in self.promotions if not promotion.slot.from_hours]
        freed = self._freed.slot
        return [freed, *promoted] if freed and freed not in promoted else promoted

    def _write_slot(self, transaction: Transaction, slot: SlotId, booking: tuple[str, str] | None) -> None:
        """The hand-opened slot goes to that client's booking, or to nobody."""
        is_freed = slot == self._freed.slot
        is_left = SlotItem.booking_id == self._freed.booking_id if is_freed else SlotItem.booking_id.does_not_exist()
        if self._freed.booking_id and has_started(slot.start_at, self._now):
            release_started(transaction, slot, self._freed.booking_id)
            return
        item = self._opened.get(slot.text)
        waiters = int(item.waiters or 0) if item else 0
        leaving = sum(of_slot == slot for of_slot, _ in self._left)
        is_as_read = SlotItem.waiters == waiters if waiters else ~(SlotItem.waiters > 0)
        is_as_read &= SlotItem.joins == item.joins if item and item.joins else SlotItem.joins.does_not_exist()
        if booking:
            is_left &= SlotItem.closed.does_not_exist()
        condition = (SlotItem.slot_id == slot.text) & is_left & is_as_read
        transaction.update(SlotItem.at(slot), _held_by(booking, max(0, waiters - leaving)), condition=condition)


def _held_by(booking: tuple[str, str] | None, waiters: int) -> Sequence[Action]:
    """What becomes of a hand-opened slot for which so many wait."""
    if booking is None:
        return [SlotItem.booking_id.remove(), SlotItem.client_id.remove(), SlotItem.waiters.set(waiters)]
    booking_id, client_id = booking
    return [
        SlotItem.booking_id.set(booking_id),
        SlotItem.client_id.set(client_id),
        SlotItem.waiters.set(max(0, waiters - 1)),
    ]


def plan_promotions(freed: Freed, room: int, now: datetime) -> PromotionPlan:
    """The plan for what is freed, for a write that has room for so many changes. Raises `SlotAlreadyBooked`.

    It takes a query of the calendar, one of each UTC day's line in which a slot may start that needs the time, and one
    read of what is offered.
    """
    hours = freed.hours()
    first, last = hours[0] - _LONGEST_FROM_START, hours[-1] + _HOUR + LONGEST_BUFFER
    timeline = read_timeline(freed.specialist_id, first - LONGEST_BUFFER, last + _LONGEST_FROM_START)
    plan = PromotionPlan(freed, timeline, room, now)
    own, others = _own_and_others(freed, _waiters(freed, set(hours), first, last))
    for slot, waiter in own:
        plan.leave(slot, waiter)
    for waiters in _few_services(others):
        starts = [slot.start_at for slot, _ in waiters]
        services = {waiter.service_id for _, waiter in waiters if waiter.service_id}
        try:
            offer = read_offer(freed.specialist_id, min(starts), max(starts), services)
        except SpecialistNotFound:
            break  # who was erased offers nothing
        for slot, waiter in waiters:
            plan.consider(slot, waiter, offer)
    plan.close()
    return plan


def _waiters(freed: Freed, hours: AbstractSet[datetime], first: datetime, last: datetime) -> list[Waiter]:
    """Whoever waits for some time of the hours, or for the hand-opened slot, in the order of joining."""
    days = [first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]
    lines = [LineItem.to_waiter(item) for day in days for item in _line(freed.specialist_id, day)]
    found = {
        (slot.text, waiter.client.id): (slot, waiter)
        for slot, waiter in lines
        if not hours.isdisjoint(slot.minutes_for(waiter.service))
    }
    if slot := freed.slot or freed.around_slot:
        for item in query_all(WaitListItem.by_joined, slot.text, None, consistent=True, most=MOST_IN_LINE):
            waiter = item.to_entry()
            found[slot.text, waiter.client.id] = (slot, waiter)
    return sorted(found.values(), key=lambda each: (each[1].created_at, each[1].client.id, each[0].text))


def _own_and_others(freed: Freed, waiters: Sequence[Waiter]) -> tuple[list[Waiter], list[Waiter]]:
    """Who gives the time up does not get it back by waiting for it."""
    own = [(slot, waiter) for slot, waiter in waiters if EntryId(slot, waiter.client.id) == freed.own_entry]
    return own, [each for each in waiters if each not in own]


def _line(specialist_id: str, day: date) -> list[LineItem]:
    return query_all(LineItem, line_key(specialist_id, day), None, consistent=True, most=MOST_IN_LINE)


def _few_services(waiters: Sequence[Waiter]) -> Iterator[Sequence[Waiter]]:
    """The waiters in their order, in parts that ask for no more services than one read can tell about."""
    part: list[Waiter] = []
    services: set[str | None] = set()
    for slot, waiter in waiters:
        if len(services | {waiter.service_id}) > MOST_SERVICES:
            yield part
            part, services = [], set()
        part.append((slot, waiter))
        services.add(waiter.service_id)
    if part:
        yield part
