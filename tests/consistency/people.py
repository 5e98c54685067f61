"""Guarantees 17 and 18, and attendance: links open one booking, and who is erased is named nowhere."""

from tests.consistency.evidence import Evidence, Found, latest_effect
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
    for booking in evidence.tables.bookings:
        if booking.attendance is None:
            continue
        if booking.status not in {"confirmed", "expired"} or booking.has_lapsed or booking.start > evidence.now:
            what = f"a {booking.status} booking of {booking.start:%d %B} with attendance {booking.attendance}"
            yield what, (booking.id, booking.slot)


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
        email = (erasure.wanted or {})["email"]
        for found in evidence.tables.addresses:
            if found.email == email and not _may_be_named_anew(evidence, erasure):
                yield f"who is erased is named in {found.table}", (erasure.label, email)


def _may_be_named_anew(evidence: Evidence, erasure: Operation) -> bool:
    """Whether a guest may have booked with the address while it was erased, or since."""
    guest = (erasure.wanted or {}).get("guest")
    return any(
        booking.actor == guest and booking.may_have_happened and latest_effect(booking) >= erasure.start
        for booking in evidence.history.of(Kind.BOOK)
    )
