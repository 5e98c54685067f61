"""The guarantees of the contract, each a function over what is stored; what is yielded is what breaks it.

They hold after every single store call, not only at the end: whatever stops then leaves nothing half done.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

from booking.accounts.table import claim_key
from booking.bookings.open_holds import MOST_OPEN_HOLDS, MOST_OPEN_HOLDS_OF_GUEST
from booking.runtime.clock import from_stored, to_stored
from tests.interleavings.evidence import Evidence, Found, Guarantee
from tests.interleavings.minutes import (
    hours_say_what_is_taken,
    is_from_hours,
    lines_say_who_waits,
    needed,
    nobody_shares_a_minute,
    nobody_waits_for_free_time,
    waiting_is_counted,
)
from tests.interleavings.tables import Row, Tables, is_open


def one_booking_per_slot(evidence: Evidence) -> Found:
    count = Counter(booking["slot_id"] for booking in evidence.after.open_bookings)
    yield from (f"{number} open bookings of slot {slot}" for slot, number in count.items() if number > 1)


def slot_and_booking_agree(evidence: Evidence) -> Found:
    slots = evidence.after.slots
    for booking in evidence.after.open_bookings:
        if is_from_hours(booking["slot_id"]):
            continue
        slot = slots.get(booking["slot_id"])
        if slot is None:
            yield f"booking {booking['booking_id']} is of a slot that is not there"
        elif slot.get("booking_id") != booking["booking_id"]:
            yield f"booking {booking['booking_id']} is open, but its slot is {slot.get('booking_id')}'s"
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
        if holder is None or not is_open(holder) or holder["slot_id"] != slot["slot_id"]:
            yield f"slot {slot['sk']} is held by {slot.get('booking_id')}, which is not its open booking"


def bookings_end_for_good(evidence: Evidence) -> Found:
    for booking in evidence.after.bookings.values():
        if is_open(booking) != ("timer" in booking) or is_open(booking) == ("cancelled_at" in booking):
            yield f"booking {booking['booking_id']} is {booking['status']}, its timer or its end says otherwise"
        if not str(booking["starts"]).startswith(str(booking["slot_start_at"])):
            yield f"booking {booking['booking_id']} is listed at {booking['starts']}"
    for booking_id, earlier in evidence.before.bookings.items():
        later = evidence.after.bookings.get(booking_id)
        if later is None or (not is_open(earlier) and later["status"] != earlier["status"]):
            yield f"booking {booking_id} has ended and is {later and later['status']} now"


def attendance_is_of_what_has_begun(evidence: Evidence) -> Found:
    for booking in evidence.after.bookings.values():
        has_begun = booking["slot_start_at"] <= to_stored(evidence.now)
        if "attendance" in booking and not (has_begun and booking["status"] in {"confirmed", "expired"}):
            yield f"booking {booking['booking_id']} is {booking['status']}, and {booking['attendance']} was said"


def holds_end_in_time(evidence: Evidence) -> Found:
    """A hold is confirmed before its end, or lapses after it."""
    for booking_id, booking in evidence.before.bookings.items():
        if booking["status"] != "held":
            continue
        later = evidence.after.bookings[booking_id]
        if later.get("confirmed_at", "") >= booking["hold_expires_at"]:
            yield f"booking {booking_id} was confirmed after its hold had ended"
        if later["status"] == "expired" and later["cancelled_at"] < booking["hold_expires_at"]:
            yield f"booking {booking_id} has lapsed before its hold had ended"


def clients_hold_a_few(evidence: Evidence) -> Found:
    holding = Counter(row["client_id"] for row in evidence.after.open_bookings if row["status"] == "held")
    guests = {row["client_id"] for row in evidence.after.open_bookings if "guest_id" in row}
    for client, number in holding.items():
        if number > (MOST_OPEN_HOLDS_OF_GUEST if client in guests else MOST_OPEN_HOLDS):
            yield f"{client} holds {number}"


def slots_know_whose_they_are(evidence: Evidence) -> Found:
    for slot in evidence.after.slots.values():
        booking = evidence.after.bookings.get(slot.get("booking_id", ""))
        if booking and booking["client_id"] != slot["client_id"]:
            yield f"slot {slot['sk']} is another client's than its booking"


def no_overlap(evidence: Evidence) -> Found:
    for one, other in pairwise(sorted(evidence.after.slots.values(), key=lambda slot: str(slot["start_at"]))):
        if one["end_at"] > other["start_at"]:
            yield f"slots {one['sk']} and {other['sk']} overlap"


def days_say_what_slots_take(evidence: Evidence) -> Found:
    if evidence.after.is_specialist_erased:
        return
    slots = {
        (day, f"{slot['start_at']}/{slot['end_at']}") for slot in evidence.after.slots.values() for day in _days(slot)
    }
    days = {(day["sk"], taken) for day in evidence.after.calendar("day") for taken in day.get("taken", ())}
    yield from (f"{day} and the slots disagree about {taken}" for day, taken in slots ^ days)


def _days(slot: Row) -> list[str]:
    first, last = from_stored(slot["start_at"]), from_stored(slot["end_at"]) - timedelta(microseconds=1)
    return sorted({f"day#{first.date().isoformat()}", f"day#{last.date().isoformat()}"})


def nobody_waits_for_a_free_slot(evidence: Evidence) -> Found:
    if evidence.after.is_specialist_erased:
        return
    for entry in evidence.after.entries:
        slot = evidence.after.slots.get(entry["slot_id"])
        if not evidence.is_still_on(entry) or entry["client_id"] not in evidence.after.active or needed(entry):
            continue
        if slot is None:
            yield f"{entry['client_email']} waits for a slot that is not there"
        elif "booking_id" not in slot and "closed" not in slot:
            yield f"{entry['client_email']} waits for {slot['sk']}, which is free"


def nobody_waits_for_what_it_has(evidence: Evidence) -> Found:
    """But what it has taken over while it waited, for that asks nobody who waits."""
    for entry in evidence.after.entries:
        slot = evidence.after.slots.get(entry["slot_id"], {})
        booking = evidence.after.bookings.get(slot.get("booking_id", ""), {})
        before = evidence.before.bookings.get(slot.get("booking_id", ""), {})
        has_waited = entry in evidence.before.entries or before.get("client_id") != entry["client_id"]
        if slot.get("client_id") == entry["client_id"] and not ("guest_id" in booking and has_waited):
            yield f"{entry['client_email']} waits for {slot['sk']} and has it"


def nobody_gets_back_what_it_gives_up(evidence: Evidence) -> Found:
    had = {(booking["client_id"], booking["slot_id"]) for booking in evidence.before.open_bookings}
    for booking_id, booking in evidence.after.bookings.items():
        if booking_id in evidence.before.bookings or not booking.get("from_wait_list"):
            continue
        if (booking["client_id"], booking["slot_id"]) in had:
            yield f"{booking['client_id']} was promoted to {booking['starts']}, which it had"


def nobody_inactive_is_promoted(evidence: Evidence) -> Found:
    for booking_id, booking in evidence.after.bookings.items():
        if booking_id in evidence.before.bookings or not booking.get("from_wait_list"):
            continue
        if booking["client_id"] not in evidence.before.active | evidence.after.active:
            yield f"{booking['client_id']} was promoted and is not active"


def waiters_are_counted(evidence: Evidence) -> Found:
    count = Counter(entry["slot_id"] for entry in evidence.after.entries)
    for slot_id, slot in evidence.after.slots.items():
        if evidence.is_to_come(slot) and slot.get("waiters", 0) != count[slot_id]:
            yield f"slot {slot['sk']} counts {slot.get('waiters')} waiters, there are {count[slot_id]}"


def the_line_moves_in_order(evidence: Evidence) -> Found:
    """Whoever stood in line from the beginning and still stands there was overtaken by nobody who wanted the same."""
    still = {entry["entry_id"] for entry in evidence.after.entries if entry["client_id"] in evidence.after.active}
    stood = [entry for entry in evidence.before.entries if entry["entry_id"] in still]
    joined = {(entry["slot_id"], entry["client_id"]): str(entry["joined_at"]) for entry in evidence.before.entries}
    for booking in evidence.after.bookings.values():
        if not booking.get("from_wait_list") or booking["booking_id"] in evidence.before.bookings:
            continue
        for entry in stood:
            place = joined.get((booking["slot_id"], booking["client_id"]), to_stored(evidence.now))
            if _wanted(entry) == _wanted(booking) and str(entry["joined_at"]) < place:
                yield f"{booking['client_id']} was promoted before {entry['client_email']}, who had joined earlier"


def _wanted(row: Row) -> tuple[str, str | None]:
    return row["slot_id"], row.get("service_id")


def nobody_erased_is_named(before: Tables, after: Tables) -> Found:
    """But by an account of somebody who has the address now."""
    own = {(key,) for user_id, email in after.emails.items() for key in (user_id, claim_key(email))}
    stored = {json.dumps(item) for items in after.snapshot.values() for key, item in items.items() if key not in own}
    for user_id in before.emails.keys() - after.emails.keys():
        yield from (f"{item} names who was erased" for item in stored if before.emails[user_id] in item)


def bookings_are_left_alone(evidence: Evidence) -> Found:
    """By everything that is no cancellation, move or end of one: hours, services, time off, slots."""
    if not evidence.may_change_bookings:
        before, after = evidence.before.bookings, evidence.after.bookings
        yield from (
            f"booking {booking_id} has changed" for booking_id in before if before[booking_id] != after.get(booking_id)
        )


def a_new_password_ends_all_sessions(evidence: Evidence) -> Found:
    """Those of an earlier generation are worth nothing, nor are links to choose another one."""
    for user_id, before in evidence.before.accounts.items():
        after = evidence.after.accounts.get(user_id, before)
        has_new_password = after["password_hash"] != before["password_hash"]
        if has_new_password and after.get("session_generation", 0) <= before.get("session_generation", 0):
            yield f"{after['email']} has another password, and sessions go on"


def addresses_have_one_holder(evidence: Evidence) -> Found:
    emails = evidence.after.emails
    yield from (f"{number} accounts have {email}" for email, number in Counter(emails.values()).items() if number > 1)
    for key, holder in evidence.after.claims.items():
        if holder not in emails or claim_key(emails[holder]) != key:
            yield f"{key} is claimed by {holder}, who does not have it"
    unclaimed = emails.keys() - evidence.before.emails.keys() - set(evidence.after.claims.values())
    yield from (f"{user_id} has not claimed {emails[user_id]}" for user_id in unclaimed)


GUARANTEES: Mapping[str, Guarantee] = {
    "1 at most one open booking per slot": one_booking_per_slot,
    "2 slot and booking agree": slot_and_booking_agree,
    "2 slots know whose they are": slots_know_whose_they_are,
    "2 a booking ends for good": bookings_end_for_good,
    "2 attendance is of what has begun": attendance_is_of_what_has_begun,
    "15 a hold ends in time": holds_end_in_time,
    "15 nobody holds too many": clients_hold_a_few,
    "an address has one holder": addresses_have_one_holder,
    "a new password ends all sessions": a_new_password_ends_all_sessions,
    "3 no two slots overlap": no_overlap,
    "3 days say what slots take": days_say_what_slots_take,
    "10 nobody shares a minute": nobody_shares_a_minute,
    "10 hour records say what is taken": hours_say_what_is_taken,
    "12 hours never touch bookings": bookings_are_left_alone,
    "13 nobody waits for free time": nobody_waits_for_free_time,
    "13 whoever waits is counted by the hour": waiting_is_counted,
    "13 whoever needs time stands in a line": lines_say_who_waits,
    "4 nobody waits for a free slot": nobody_waits_for_a_free_slot,
    "4 nobody waits for what it has": nobody_waits_for_what_it_has,
    "4 nobody gets back what it gives up": nobody_gets_back_what_it_gives_up,
    "4 nobody inactive is promoted": nobody_inactive_is_promoted,
    "4 waiters are counted": waiters_are_counted,
    "4 the line moves in order": the_line_moves_in_order,
}
"""By the guarantee's number in the contract."""


def violation(evidence: Evidence) -> str | None:
    """The first guarantee that is broken, and how."""
    return next((f"{name}: {what}" for name, check in GUARANTEES.items() for what in check(evidence)), None)
