"""Guarantee 15: a hold is a booking, confirmed before it ends, or lapsed soon after."""

from collections import Counter
from datetime import timedelta

from tests.consistency.evidence import CLOCK_SKEW_SECONDS, Evidence, Found
from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.world import is_guest

MOST_OPEN_HOLDS, MOST_OPEN_HOLDS_OF_GUEST = 5, 2
LAPSES_WITHIN = timedelta(minutes=3)
"""A minute, and what faults may add: a sweep that fails is followed by the next one."""


def holds_end_in_time(evidence: Evidence) -> Found:
    for booking in evidence.tables.bookings:
        ends = booking.hold_expires_at
        if ends is None:
            continue
        if booking.status == "confirmed":
            yield "a confirmed booking is held as well", (booking.id,)
        if booking.has_lapsed and booking.cancelled_at and booking.cancelled_at < ends:
            yield "a hold has lapsed before its end", (booking.id, booking.slot)
        if booking.status == "held" and evidence.now > ends + LAPSES_WITHIN:
            yield "a hold is still open long after its end", (booking.id, booking.slot)


def nobody_holds_too_many(evidence: Evidence) -> Found:
    holding = Counter(
        booking.client
        for booking in evidence.tables.bookings
        if booking.status == "held" and booking.hold_expires_at and booking.hold_expires_at > evidence.now
    )
    for client, number in holding.items():
        if number > _most(client):
            yield f"{client} holds {number}", (client,)


def acknowledged_confirmations_stick(evidence: Evidence) -> Found:
    """What is confirmed stays so, is cancelled or expires; nothing that was held is confirmed by itself."""
    asked = {found.booking for found in evidence.history.of(Kind.CONFIRM) if found.may_have_happened}
    for operation in evidence.history.of(Kind.CONFIRM):
        booking = evidence.stored.get(operation.booking or "")
        if operation.outcome is Outcome.DONE and (booking is None or booking.status == "held" or booking.has_lapsed):
            yield "a confirmation that was acknowledged is undone", (operation.booking or "", operation.slot or "")
    for operation in evidence.history.of(Kind.BOOK):
        booking = evidence.stored.get(operation.booking or "")
        if operation.hold_seconds and booking and booking.status == "confirmed" and booking.id not in asked:
            yield "a booking that was held is confirmed, and nobody has asked for it", (booking.id, booking.slot)


def may_have_been_held(evidence: Evidence, operation: Operation) -> bool:
    """Whether what it is about was held by then, as far as its client knows."""
    return any(found.booking == operation.booking and found.hold_seconds for found in evidence.history.of(Kind.BOOK))


def hold_may_be_over(evidence: Evidence, operation: Operation) -> bool:
    """Whether the hold's end had come when the operation was answered."""
    booking = evidence.stored.get(operation.booking or "")
    ends = booking.hold_expires_at if booking else None
    return ends is not None and operation.end >= ends.timestamp() - CLOCK_SKEW_SECONDS


def may_hold_too_many(evidence: Evidence, operation: Operation) -> bool:
    """Whether as many holds of the client's as there may be had begun by then, and surely not all were over."""
    begun = [
        found
        for found in evidence.history.of(Kind.BOOK)
        if found.actor == operation.actor
        and found.hold_seconds
        and found is not operation
        and found.may_have_happened
        and found.start <= operation.end <= found.latest_effect + found.hold_seconds + CLOCK_SKEW_SECONDS
    ]
    return len(begun) >= _most(operation.actor)


def _most(client: str) -> int:
    return MOST_OPEN_HOLDS_OF_GUEST if is_guest(client) else MOST_OPEN_HOLDS
