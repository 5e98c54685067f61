"""The guarantees of the contract, each a function over what is stored; what is yielded is what breaks it.

They hold after every single store call, not only at the end: whatever stops then leaves nothing half done.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from booking.runtime.clock import epoch_seconds, from_stored, to_stored
from tests.interleavings.tables import Row, Tables

type Found = Iterator[str]
type Guarantee = Callable[["Evidence"], Found]


@dataclass(frozen=True)
class Evidence:
    """What was stored before the operations began, and what is stored now. No clock is ahead of `now`."""

    before: Tables
    after: Tables
    now: datetime

    def is_to_come(self, slot: Row) -> bool:
        """Whether the slot has not started by any clock."""
        return str(slot["start_at"]) > to_stored(self.now)


def one_booking_per_slot(evidence: Evidence) -> Found:
    count = Counter(booking["slot_id"] for booking in evidence.after.confirmed)
    yield from (f"{number} confirmed bookings of slot {slot}" for slot, number in count.items() if number > 1)


def slot_and_booking_agree(evidence: Evidence) -> Found:
    slots = evidence.after.slots
    for booking in evidence.after.confirmed:
        slot = slots.get(booking["slot_id"])
        if slot is None:
            yield f"booking {booking['booking_id']} is of a slot that is not there"
        elif slot.get("booking_id") != booking["booking_id"]:
            yield f"booking {booking['booking_id']} is confirmed, but its slot is {slot.get('booking_id')}'s"
        elif (slot["client_id"], slot["start_at"], slot["end_at"]) != (
            booking["client_id"],
            booking["slot_start_at"],
            booking["slot_end_at"],
        ):
            yield f"booking {booking['booking_id']} and its slot differ in client or times"
    for slot in slots.values():
        holder = evidence.after.bookings.get(slot.get("booking_id", ""))
        if "booking_id" not in slot and "client_id" not in slot:
            continue
        if holder is None or holder["status"] != "confirmed" or holder["slot_id"] != slot["slot_id"]:
            yield f"slot {slot['sk']} is held by {slot.get('booking_id')}, which is not its confirmed booking"


def bookings_end_for_good(evidence: Evidence) -> Found:
    for booking in evidence.after.bookings.values():
        is_confirmed = booking["status"] == "confirmed"
        if is_confirmed != ("timer" in booking) or is_confirmed == ("cancelled_at" in booking):
            yield f"booking {booking['booking_id']} is {booking['status']}, its timer or its end says otherwise"
        if not str(booking["starts"]).startswith(str(booking["slot_start_at"])):
            yield f"booking {booking['booking_id']} is listed at {booking['starts']}"
    for booking_id, earlier in evidence.before.bookings.items():
        later = evidence.after.bookings.get(booking_id)
        if later is None or (earlier["status"] != "confirmed" and later["status"] != earlier["status"]):
            yield f"booking {booking_id} has ended and is {later and later['status']} now"


def no_overlap(evidence: Evidence) -> Found:
    for one, other in pairwise(sorted(evidence.after.slots.values(), key=lambda slot: str(slot["start_at"]))):
        if one["end_at"] > other["start_at"]:
            yield f"slots {one['sk']} and {other['sk']} overlap"


def days_say_what_slots_take(evidence: Evidence) -> Found:
    slots = {
        (day, f"{slot['start_at']}/{slot['end_at']}") for slot in evidence.after.slots.values() for day in _days(slot)
    }
    days = {(day["sk"], taken) for day in evidence.after.calendar("day") for taken in day.get("taken", ())}
    yield from (f"{day} and the slots disagree about {taken}" for day, taken in slots ^ days)


def _days(slot: Row) -> list[str]:
    first, last = from_stored(slot["start_at"]), from_stored(slot["end_at"]) - timedelta(microseconds=1)
    return sorted({f"day#{first.date().isoformat()}", f"day#{last.date().isoformat()}"})


def nobody_waits_for_a_free_slot(evidence: Evidence) -> Found:
    for entry in evidence.after.entries:
        slot = evidence.after.slots.get(entry["slot_id"])
        if entry["expires_at"] <= epoch_seconds(evidence.now) or entry["client_id"] not in evidence.after.active:
            continue
        if slot is None:
            yield f"{entry['client_email']} waits for a slot that is not there"
        elif "booking_id" not in slot:
            yield f"{entry['client_email']} waits for {slot['sk']}, which is free"


def nobody_waits_for_what_it_has(evidence: Evidence) -> Found:
    for entry in evidence.after.entries:
        slot = evidence.after.slots.get(entry["slot_id"], {})
        if slot.get("client_id") == entry["client_id"]:
            yield f"{entry['client_email']} waits for {slot['sk']} and has it"


def waiters_are_counted(evidence: Evidence) -> Found:
    count = Counter(entry["slot_id"] for entry in evidence.after.entries)
    for slot_id, slot in evidence.after.slots.items():
        if evidence.is_to_come(slot) and slot.get("waiters", 0) != count[slot_id]:
            yield f"slot {slot['sk']} counts {slot.get('waiters')} waiters, there are {count[slot_id]}"


def the_line_moves_in_order(evidence: Evidence) -> Found:
    """Whoever stood in line from the beginning and still stands there was overtaken by nobody."""
    still = {entry["entry_id"] for entry in evidence.after.entries if entry["client_id"] in evidence.after.active}
    stood = [entry for entry in evidence.before.entries if entry["entry_id"] in still]
    joined = {(entry["slot_id"], entry["client_id"]): str(entry["joined_at"]) for entry in evidence.before.entries}
    for booking in evidence.after.bookings.values():
        if not booking.get("from_wait_list") or booking["booking_id"] in evidence.before.bookings:
            continue
        for entry in stood:
            place = joined.get((booking["slot_id"], booking["client_id"]), to_stored(evidence.now))
            if entry["slot_id"] == booking["slot_id"] and str(entry["joined_at"]) < place:
                yield f"{booking['client_email']} was promoted before {entry['client_email']}, who had joined earlier"


GUARANTEES: Mapping[str, Guarantee] = {
    "1 at most one confirmed booking per slot": one_booking_per_slot,
    "2 slot and booking agree": slot_and_booking_agree,
    "2 a booking ends for good": bookings_end_for_good,
    "3 no two slots overlap": no_overlap,
    "3 days say what slots take": days_say_what_slots_take,
    "4 nobody waits for a free slot": nobody_waits_for_a_free_slot,
    "4 nobody waits for what it has": nobody_waits_for_what_it_has,
    "4 waiters are counted": waiters_are_counted,
    "4 the line moves in order": the_line_moves_in_order,
}
"""By the guarantee's number in the contract."""


def violation(evidence: Evidence) -> str | None:
    """The first guarantee that is broken, and how."""
    return next((f"{name}: {what}" for name, check in GUARANTEES.items() for what in check(evidence)), None)
