"""The operations of reservations against a small model in memory, in any order that Hypothesis thinks of.

After each step the stored tables must agree with the model and keep guarantees 1 to 4 of the contract.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from booking.bookings.confirm import confirm_booking
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.bookings.errors import BookingHasExpired, HoldHasEnded, NotConfirmed, TooManyOpenHolds
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.lapse import GRACE
from booking.bookings.open_holds import MOST_OPEN_HOLDS
from booking.bookings.reschedule import reschedule_booking
from booking.caller import Caller
from booking.errors import BookingError
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
from booking.slots.opened import open_slot
from booking.slots.wait_list import leave_wait_list
from tests.integration.people import HOUR, MINUTE, NOW, SECOND, a_specialist, a_waiter, an_admin, entry_of
from tests.integration.sweeps import lapse_everywhere
from tests.integration.tables import empty_tables, stored, stored_in_calendar

HALF_HOURS = st.integers(min_value=-2, max_value=12)
WHO = st.integers(min_value=0, max_value=2)
WHICH = st.integers(min_value=0, max_value=99)


@dataclass(frozen=True)
class ModelSlot:
    """A slot as the model knows it."""

    id: str
    start_at: datetime
    end_at: datetime
    booking_id: str | None = None
    line: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelBooking:
    """A booking as the model knows it."""

    client_id: str
    slot_id: str
    status: str = "confirmed"
    hold_ends: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has its slot."""
        return self.status in {"held", "confirmed"}


@dataclass
class Model:
    """What the tables should say."""

    slots: dict[str, ModelSlot] = field(default_factory=dict)
    bookings: dict[str, ModelBooking] = field(default_factory=dict)

    def holder(self, slot: ModelSlot) -> str | None:
        """The client who has the slot."""
        return self.bookings[slot.booking_id].client_id if slot.booking_id else None

    def give_back(self, slot_id: str, now: datetime, promoted_id: str | None) -> None:
        """The slot goes to the first in line, or is free; once it has started, its line ends."""
        slot = self.slots[slot_id]
        if slot.start_at <= now:
            self.slots[slot_id] = replace(slot, booking_id=None, line=())
        elif not slot.line:
            self.slots[slot_id] = replace(slot, booking_id=None)
        else:
            assert promoted_id is not None, "somebody waits, so somebody must have been promoted"
            self.slots[slot_id] = replace(slot, booking_id=promoted_id, line=slot.line[1:])
            self.bookings[promoted_id] = ModelBooking(slot.line[0], slot_id)


class Reservations(RuleBasedStateMachine):
    """One specialist, three clients and a clock."""

    @initialize()
    def begin(self) -> None:
        empty_tables()
        self.now = NOW
        self.model = Model()
        self.specialist, self.admin = a_specialist(), an_admin()
        self.clients = [a_waiter() for _ in range(3)]

    @rule(half_hours=HALF_HOURS, length=st.integers(min_value=1, max_value=3))
    def open_a_slot(self, half_hours: int, length: int) -> None:
        start_at = NOW + half_hours * HOUR / 2
        end_at = start_at + length * HOUR / 2
        overlaps = any(start_at < slot.end_at and slot.start_at < end_at for slot in self.model.slots.values())
        expected = (
            None if start_at > self.now and not overlaps else SlotOverlaps if start_at > self.now else BookingError
        )

        slot = self.attempt(expected, lambda: open_slot(self.specialist, start_at, end_at, self.now))

        if slot:
            self.model.slots[slot.id] = ModelSlot(slot.id, start_at, end_at)

    @rule(which=WHICH)
    def delete_a_slot(self, which: int) -> None:
        slot = self.some_slot(which)
        if slot is None:
            return
        expected = BookedSlot if slot.booking_id else None

        self.attempt(expected, lambda: delete_slot(self.specialist, slot.id, NOW))

        if expected is None:
            del self.model.slots[slot.id]

    @rule(which=WHICH, who=WHO)
    def book_a_slot(self, which: int, who: int) -> None:
        slot, client = self.some_slot(which), self.clients[who]
        if slot is None:
            return
        expected = SlotStarted if slot.start_at <= self.now else SlotAlreadyBooked if slot.booking_id else None

        booking = self.attempt(expected, lambda: create_booking(client, Wish(slot.id), self.now))

        if booking:
            self.model.bookings[booking.id] = ModelBooking(client.user_id, slot.id)
            self.model.slots[slot.id] = replace(slot, booking_id=booking.id)

    @rule(which=WHICH, who=WHO, minutes=st.integers(min_value=1, max_value=30))
    def hold_a_slot(self, which: int, who: int, minutes: int) -> None:
        slot, client = self.some_slot(which), self.clients[who]
        if slot is None:
            return
        expected: type[BookingError] | None = None
        if slot.start_at <= self.now:
            expected = SlotStarted
        elif slot.booking_id:
            expected = SlotAlreadyBooked
        elif self.open_holds(client.user_id) >= MOST_OPEN_HOLDS:
            expected = TooManyOpenHolds

        booking = self.attempt(
            expected, lambda: create_booking(client, Wish(slot.id), self.now, hold_seconds=60 * minutes)
        )

        if booking:
            ends = min(booking.created_at + minutes * MINUTE, slot.start_at)
            self.model.bookings[booking.id] = ModelBooking(client.user_id, slot.id, "held", ends)
            self.model.slots[slot.id] = replace(slot, booking_id=booking.id)

    @rule(which=WHICH)
    def confirm_a_booking(self, which: int) -> None:
        found = self.some_booking(which)
        if found is None:
            return
        booking_id, booking = found
        is_over = booking.hold_ends is not None and booking.hold_ends <= self.now + SECOND
        expected = HoldHasEnded if is_over or not booking.is_open else None

        self.attempt(expected, lambda: confirm_booking(self.client(booking.client_id), booking_id, self.now))

        if expected is None:
            self.model.bookings[booking_id] = replace(booking, status="confirmed", hold_ends=None)

    @rule()
    def holds_lapse(self) -> None:
        lapse_everywhere(self.now)
        for booking_id, booking in list(self.model.bookings.items()):
            if booking.status == "held" and booking.hold_ends and booking.hold_ends + GRACE <= self.now:
                self.model.bookings[booking_id] = replace(booking, status="expired")
                self.model.give_back(booking.slot_id, self.now, self.holder_stored(booking.slot_id))

    @rule(which=WHICH, who=WHO)
    def book_a_slot_that_is_no_more(self, which: int, who: int) -> None:
        gone = [booking.slot_id for booking in self.model.bookings.values() if booking.slot_id not in self.model.slots]
        if gone:
            self.attempt(
                SlotNotFound, lambda: create_booking(self.clients[who], Wish(gone[which % len(gone)]), self.now)
            )

    @rule(which=WHICH, as_client=st.booleans())
    def cancel_a_booking(self, which: int, *, as_client: bool) -> None:
        found = self.some_booking(which)
        if found is None:
            return
        booking_id, booking = found
        caller = self.client(booking.client_id) if as_client else self.admin
        is_late = as_client and self.has_started(booking.slot_id)
        expected: type[BookingError] | None = None
        if booking.status == "expired":
            expected = BookingHasExpired
        elif booking.status == "confirmed" and is_late:
            expected = SlotStarted

        self.attempt(expected, lambda: cancel_booking(caller, booking_id, self.now))

        if expected is None and booking.is_open:
            self.model.bookings[booking_id] = replace(booking, status="cancelled")
            self.model.give_back(booking.slot_id, self.now, self.holder_stored(booking.slot_id))

    @rule(which=WHICH, to=WHICH)
    def move_a_booking(self, which: int, to: int) -> None:
        found, slot = self.some_booking(which), self.some_slot(to)
        if found is None or slot is None:
            return
        booking_id, booking = found
        expected = self.why_not_moved(booking, slot)

        self.attempt(
            expected, lambda: reschedule_booking(self.client(booking.client_id), booking_id, slot.id, self.now)
        )

        if expected is None and slot.id != booking.slot_id:
            self.model.bookings[booking_id] = replace(booking, slot_id=slot.id)
            self.model.slots[slot.id] = replace(slot, booking_id=booking_id)
            self.model.give_back(booking.slot_id, self.now, self.holder_stored(booking.slot_id))

    @rule(which=WHICH, who=WHO)
    def join_a_line(self, which: int, who: int) -> None:
        slot, client = self.some_slot(which), self.clients[who]
        if slot is None:
            return
        expected: type[BookingError] | None = None
        if slot.start_at <= self.now:
            expected = SlotStarted
        elif slot.booking_id is None:
            expected = SlotIsAvailable
        elif self.model.holder(slot) == client.user_id:
            expected = HoldsSlot
        elif client.user_id in slot.line:
            expected = AlreadyWaiting

        self.attempt(expected, lambda: join_wait_list(client, slot.id, self.now))

        if expected is None:
            self.model.slots[slot.id] = replace(slot, line=(*slot.line, client.user_id))

    @rule(which=WHICH, who=WHO)
    def leave_a_line(self, which: int, who: int) -> None:
        slot, client = self.some_slot(which), self.clients[who]
        if slot is None:
            return
        is_waiting = client.user_id in slot.line and slot.start_at > self.now

        self.attempt(
            None if is_waiting else EntryNotFound, lambda: leave_wait_list(client, entry_of(client, slot.id), self.now)
        )

        if is_waiting:
            line = tuple(waiter for waiter in slot.line if waiter != client.user_id)
            self.model.slots[slot.id] = replace(slot, line=line)

    @rule(minutes=st.integers(min_value=1, max_value=45))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def slot_and_booking_agree(self) -> None:
        """Guarantees 1, 2 and 15: a slot is booked exactly while one open booking points at it."""
        holding = {slot["slot_id"]: slot["booking_id"] for slot in stored_in_calendar("slot") if "booking_id" in slot}
        found = [item for item in stored("bookings") if item["status"] in {"held", "confirmed"}]
        assert {booking["slot_id"]: booking["booking_id"] for booking in found} == holding
        assert len(found) == len(holding)
        assert all("timer" in item for item in found)

    @invariant()
    def slots_do_not_overlap(self) -> None:
        """Guarantee 3, and days that know exactly the slots that there are."""
        slots = sorted((slot["start_at"], slot["end_at"]) for slot in stored_in_calendar("slot"))
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(slots))
        taken = [interval for day in stored_in_calendar("day") for interval in day.get("taken", ())]
        assert {f"{start}/{end}" for start, end in slots} == set(taken)

    @invariant()
    def nobody_waits_for_a_free_slot(self) -> None:
        """Guarantee 4, and slots that count those who wait."""
        lines: dict[str, int] = {}
        for entry in stored("waitlist"):
            lines[entry["slot_id"]] = lines.get(entry["slot_id"], 0) + 1
        for slot in stored_in_calendar("slot"):
            if datetime.fromisoformat(slot["start_at"]) > self.now:
                assert int(slot.get("waiters", 0)) == lines.get(slot["slot_id"], 0)
                assert "booking_id" in slot or slot["slot_id"] not in lines

    @invariant()
    def tables_are_as_the_model_says(self) -> None:
        slots = {item["slot_id"]: item.get("booking_id") for item in stored_in_calendar("slot")}
        assert slots == {slot.id: slot.booking_id for slot in self.model.slots.values()}
        bookings = {
            item["booking_id"]: ModelBooking(
                item["client_id"],
                item["slot_id"],
                item["status"],
                datetime.fromisoformat(item["hold_expires_at"]) if "hold_expires_at" in item else None,
            )
            for item in stored("bookings")
        }
        assert bookings == self.model.bookings
        for slot in self.model.slots.values():
            if slot.start_at > self.now:
                assert tuple(self.line_stored(slot.id)) == slot.line

    def attempt(self, expected: type[BookingError] | None, act: Callable[[], Any]) -> Any:
        """What the act returns; it must be refused in exactly the way that the model expects."""
        self.now += SECOND
        if expected is None:
            return act()
        with pytest.raises(expected):
            act()
        return None

    def why_not_moved(self, booking: ModelBooking, slot: ModelSlot) -> type[BookingError] | None:
        if booking.status != "confirmed":
            return NotConfirmed
        if self.has_started(booking.slot_id):
            return SlotStarted
        if slot.id == booking.slot_id:
            return None
        if slot.start_at <= self.now:
            return SlotStarted
        return SlotAlreadyBooked if slot.booking_id else None

    def open_holds(self, client_id: str) -> int:
        """How many the client has that are not over when it next asks for something."""
        held = [
            found for found in self.model.bookings.values() if found.client_id == client_id and found.status == "held"
        ]
        return sum(found.hold_ends is not None and found.hold_ends > self.now + SECOND for found in held)

    def some_slot(self, which: int) -> ModelSlot | None:
        slots = list(self.model.slots.values())
        return slots[which % len(slots)] if slots else None

    def some_booking(self, which: int) -> tuple[str, ModelBooking] | None:
        bookings = list(self.model.bookings.items())
        return bookings[which % len(bookings)] if bookings else None

    def has_started(self, slot_id: str) -> bool:
        return self.model.slots[slot_id].start_at <= self.now if slot_id in self.model.slots else False

    def client(self, client_id: str) -> Caller:
        return next(client for client in self.clients if client.user_id == client_id)

    def holder_stored(self, slot_id: str) -> str | None:
        """The booking that has the slot now; ids are the code's to choose."""
        item = next(item for item in stored_in_calendar("slot") if item["slot_id"] == slot_id)
        booking_id: str | None = item.get("booking_id")
        return booking_id

    def line_stored(self, slot_id: str) -> list[str]:
        entries = [entry for entry in stored("waitlist") if entry["slot_id"] == slot_id]
        return [entry["client_id"] for entry in sorted(entries, key=lambda entry: str(entry["joined_at"]))]


TestReservations = Reservations.TestCase
TestReservations.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
