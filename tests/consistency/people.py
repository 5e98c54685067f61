"""Guarantees 17 and 18, and attendance: links open one booking, and who is erased is named nowhere."""

from collections import defaultdict

from tests.consistency.evidence import CLOCK_SKEW_SECONDS, Evidence, Found, latest_effect
from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.world import is_guest


def a_link_opens_one_booking(evidence: Evidence) -> Found:
    for operation in evidence.history.of(Kind.INTRUDE):
        if operation.outcome is Outcome.DONE:
            yield "the link of one booking has opened another", (operation.booking or "",)


def guests_keep_their_links(evidence: Evidence) -> Found:
    """Whoever has taken their bookings over: a link is checked against the guest that the booking names."""
    for operation in evidence.history.of(Kind.BOOK):
        booking = evidence.stored.get(operation.booking or "")
        if booking is None or not is_guest(operation.actor) or booking.client in evidence.erased:
            continue
        if booking.guest != operation.actor:
            yield "a booking does not name the guest who has made it", (booking.id, booking.slot)


def attendance_is_said_of_what_has_started(evidence: Evidence) -> Found:
    for operation in evidence.history.of(Kind.ATTEND):
        starts = evidence.starts_of(operation)
        if operation.outcome is Outcome.DONE and starts and min(starts) > operation.end + CLOCK_SKEW_SECONDS:
            yield "attendance was said before the slot has begun", (operation.booking or "",)
    for booking in evidence.tables.bookings:
        if booking.attendance is None:
            continue
        if booking.status not in {"confirmed", "expired"} or booking.has_lapsed or booking.start > evidence.now:
            what = f"a {booking.status} booking of {booking.start:%d %B} with attendance {booking.attendance}"
            yield what, (booking.id, booking.slot)


def attendance_is_as_it_was_said(evidence: Evidence) -> Found:
    """The last that was said stays, until the booking is cancelled or moved; then there is none."""
    changes: dict[str | None, list[Operation]] = defaultdict(list)
    for operation in evidence.history.of(Kind.ATTEND, Kind.CANCEL, Kind.RESCHEDULE):
        if operation.may_have_happened:
            changes[operation.booking].append(operation)
    for booking in evidence.tables.bookings:
        found = changes[booking.id]
        if booking.attendance not in {None, *map(_said, found)}:
            yield f"nobody has said {booking.attendance}", (booking.id, booking.slot)
        for operation in found:
            is_last = not any(other.latest_effect >= operation.start for other in found if other is not operation)
            if operation.outcome is Outcome.DONE and is_last and booking.attendance != _said(operation):
                yield f"{booking.attendance} after {operation.kind}", (booking.id, booking.slot)


def _said(operation: Operation) -> str | None:
    """What is known of the client's coming after it."""
    said: str | None = (operation.wanted or {})["attendance"] if operation.kind is Kind.ATTEND else None
    return said


def erasure_erases(evidence: Evidence) -> Found:
    """Who is erased has nothing to come, waits for nothing, and is named in no table."""
    for erasure in evidence.history.of(Kind.ERASE):
        if erasure.outcome is not Outcome.DONE:
            continue
        for booking in evidence.tables.bookings:
            if booking.client == erasure.actor and booking.is_open and booking.start > evidence.now:
                yield "who is erased has a booking to come", (booking.id, booking.slot)
        for entry in evidence.tables.entries:
            if entry.client == erasure.actor:
                yield "who is erased waits for a slot", (entry.slot,)
        told = erasure.wanted or {}
        for found in evidence.tables.mentions:
            if found.text in {told["email"], told["name"]} and not _may_be_named_anew(evidence, erasure):
                yield f"who is erased is named in {found.table}", (erasure.label, found.text)


def _may_be_named_anew(evidence: Evidence, erasure: Operation) -> bool:
    """Whether a guest may have booked with the address while it was erased, or since."""
    guest = (erasure.wanted or {}).get("guest")
    return any(
        booking.actor == guest and booking.may_have_happened and latest_effect(booking) >= erasure.start
        for booking in evidence.history.of(Kind.BOOK)
    )
