"""Whether each refusal had a cause: something that was, or may have been, in the way of what was asked for."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from tests.consistency.evidence import (
    CLOCK_SKEW_SECONDS,
    LONGEST_REQUEST,
    Evidence,
    Found,
    Pieces,
    pieces_of_booking,
    share_a_minute,
    stretch_of,
)
from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.holds import hold_may_be_over, may_have_been_held, may_hold_too_many
from tests.consistency.offers import possible_buffers, possible_hours, possible_lengths, possible_services
from tests.consistency.tables import Buffers, StoredBooking, is_from_hours
from tests.consistency.taken_time import Held, Hold, everything_held
from tests.consistency.world import is_guest

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

type Cause = Callable[[Evidence, Operation, Held], bool]


def every_refusal_had_a_cause(evidence: Evidence) -> Found:
    held = everything_held(evidence)
    for operation in evidence.history:
        if operation.outcome is Outcome.REFUSED and operation.kind is not Kind.READ:
            cause = CAUSES.get((operation.kind, operation.reason or ""))
            if cause is None or not cause(evidence, operation, held):
                what = f"{operation.kind} was refused ({operation.status} {operation.reason}) without a cause"
                yield f"{what}: #{operation.number}", (operation.slot or "", operation.booking or "")


def what_is_listed_free_can_be_booked(evidence: Evidence) -> Found:
    """A slot that was listed as free and asked for at once was refused only for what came in between."""
    lists = {operation.number: operation for operation in evidence.history.of(Kind.LIST)}
    held = everything_held(evidence)
    for operation in evidence.history.of(Kind.BOOK):
        listing = lists.get(operation.listing or 0)
        if listing is None or operation.outcome is not Outcome.REFUSED:
            continue
        if operation.reason == "slot_already_booked" and not _was_taken_since(evidence, operation, held, listing):
            yield (
                f"#{operation.number} was refused what #{listing.number} had listed as free",
                (operation.slot or "", listing.label),
            )


def _was_taken_since(evidence: Evidence, operation: Operation, held: Held, listing: Operation) -> bool:
    return any(hold.surely_from >= listing.start for hold in _in_the_way(evidence, operation, held))


def needed(evidence: Evidence, operation: Operation) -> list[Pieces]:
    """The time that is asked for beside that of a hand-opened slot, with all that the buffers may have been."""
    stretch = stretch_of(operation)
    if stretch is None or operation.slot is None:
        return []
    if operation.kind is Kind.RESCHEDULE:
        moved = evidence.stored.get(operation.booking or "")
        buffers = [moved.buffers if moved else Buffers()]
    else:
        buffers = possible_buffers(evidence, operation.service, operation.start, operation.end)
    return [pieces_of_booking(operation.slot, stretch, around) for around in buffers]


def _in_the_way(evidence: Evidence, operation: Operation, held: Held) -> Iterator[Hold]:
    """Whatever may have held the slot, or taken time that was asked for; not what is to be moved itself."""
    of_slot = held.slots.get(operation.slot or "", []) if operation.slot else []
    wanted = needed(evidence, operation)
    for hold in (*of_slot, *held.time.get(operation.specialist or "", [])):
        if hold.by == operation.number or not hold.may_overlap(operation):
            continue
        if operation.booking and hold.booking == operation.booking and hold.surely_covers(operation):
            continue
        if hold in of_slot or any(share_a_minute(hold.pieces, pieces) for pieces in wanted):
            yield hold


def _was_held(evidence: Evidence, operation: Operation, held: Held) -> bool:
    return any(_in_the_way(evidence, operation, held))


def _was_booked(_: Evidence, operation: Operation, held: Held) -> bool:
    return any(hold.may_overlap(operation) for hold in held.slots.get(operation.slot or "", []))


def _was_held_by_actor(evidence: Evidence, operation: Operation, held: Held) -> bool:
    """Under its own name, or as a guest whose booking is the account's since."""
    found = [hold for hold in held.slots.get(operation.slot or "", []) if hold.may_overlap(operation)]
    taken_over = {booking.id for booking in evidence.tables.bookings if booking.client == operation.actor}
    return any(hold.client == operation.actor or hold.booking in taken_over for hold in found)


def _may_have_been_free(evidence: Evidence, operation: Operation, held: Held) -> bool:
    if any(hold.surely_covers(operation) for hold in held.slots.get(operation.slot or "", [])):
        return False
    surely = [hold for hold in held.time.get(operation.specialist or "", []) if hold.surely_covers(operation)]
    wanted = needed(evidence, operation)
    is_taken = wanted and all(any(share_a_minute(hold.pieces, pieces) for hold in surely) for pieces in wanted)
    return not is_taken


def _may_be_no_slot(evidence: Evidence, operation: Operation, held: Held) -> bool:
    """A hand-opened one may have been deleted; one from hours may have been outside of them, or has another length."""
    stretch = stretch_of(operation)
    if stretch is None or not is_from_hours(operation.slot or ""):
        return _had_been_deleted(evidence, operation, held)
    hours = possible_hours(evidence, stretch.specialist, operation.start, operation.end)
    lengths = _lengths(evidence, operation)
    return not hours or any(not found.has(stretch, minutes) for found in hours for minutes in lengths)


def _lengths(evidence: Evidence, operation: Operation) -> list[int | None]:
    """How long the slot has to be; None is as long as slots without a service are."""
    if operation.kind is Kind.RESCHEDULE:
        moved = evidence.stored.get(operation.booking or "")
        return [moved.minutes if moved else None]
    return possible_lengths(evidence, operation.service, operation.start, operation.end)


def _may_be_too_short(evidence: Evidence, operation: Operation, _: Held) -> bool:
    stretch = stretch_of(operation)
    return stretch is None or any(
        timedelta(minutes=minutes or 0) > stretch.end - stretch.start for minutes in _lengths(evidence, operation)
    )


def _service_may_be_off(evidence: Evidence, operation: Operation, _: Held) -> bool:
    services = possible_services(evidence, operation.service or "", operation.start, operation.end)
    return any(not found.is_active for found in services)


def _had_been_deleted(evidence: Evidence, operation: Operation, _: Held) -> bool:
    return any(found.slot == operation.slot for found in _before(evidence, operation, Kind.DELETE))


def _had_been_cancelled(evidence: Evidence, operation: Operation, _: Held) -> bool:
    return any(found.booking == operation.booking for found in _before(evidence, operation, Kind.CANCEL))


def _may_have_begun(evidence: Evidence, operation: Operation, _: Held) -> bool:
    return any(start <= operation.end + CLOCK_SKEW_SECONDS for start in evidence.starts_of(operation))


def _came_too_late(_: Evidence, operation: Operation, __: Held) -> bool:
    """What was to be opened had begun when it was answered."""
    stretch = stretch_of(operation)
    return stretch is not None and stretch.start.timestamp() <= operation.end + CLOCK_SKEW_SECONDS


def _may_be_to_come(evidence: Evidence, operation: Operation, _: Held) -> bool:
    return any(start > operation.start - CLOCK_SKEW_SECONDS for start in evidence.starts_of(operation))


def _may_have_ended(evidence: Evidence, operation: Operation, held: Held) -> bool:
    """Its hold, or the booking itself: by expiry, once its slot has begun."""
    return hold_may_be_over(evidence, operation) or _may_have_begun(evidence, operation, held)


def _hold_has_ended(evidence: Evidence, operation: Operation, held: Held) -> bool:
    return _may_have_ended(evidence, operation, held) or _had_been_cancelled(evidence, operation, held)


def _is_not_confirmed(evidence: Evidence, operation: Operation, held: Held) -> bool:
    was_held = may_have_been_held(evidence, operation)
    return was_held or _had_been_cancelled(evidence, operation, held) or _may_have_begun(evidence, operation, held)


def _client_is_erased(evidence: Evidence, operation: Operation, _: Held) -> bool:
    """Then a link opens the booking no more."""
    booking = evidence.stored.get(operation.booking or "")
    return is_guest(operation.actor) and booking is not None and booking.client in evidence.erased


def _had_erased_itself(evidence: Evidence, operation: Operation, _: Held) -> bool:
    return any(found.actor == operation.actor for found in _before(evidence, operation, Kind.ERASE))


def _has_no_attendance(evidence: Evidence, operation: Operation, held: Held) -> bool:
    return may_have_been_held(evidence, operation) or _had_been_cancelled(evidence, operation, held)


def _had_joined(evidence: Evidence, operation: Operation, _: Held) -> bool:
    joins = _before(evidence, operation, Kind.JOIN)
    return any((found.slot, found.actor) == (operation.slot, operation.actor) for found in joins)


def _had_left_the_line(evidence: Evidence, operation: Operation, _: Held) -> bool:
    leaves = _before(evidence, operation, Kind.LEAVE)
    if any((found.slot, found.actor) == (operation.slot, operation.actor) for found in leaves):
        return True
    return bool(promotions_of(evidence, operation.slot or "", operation.actor, LONG_AGO))


def _key_had_been_used(evidence: Evidence, operation: Operation, _: Held) -> bool:
    return any(
        (found.actor, found.key) == (operation.actor, operation.key)
        and (found.slot, found.service) != (operation.slot, operation.service)
        for found in _before(evidence, operation, Kind.BOOK)
    )


def _another_slot_was_there(evidence: Evidence, operation: Operation, _: Held) -> bool:
    """Another slot of this specialist at that time may have been there."""
    deleted = {op.slot or "": op for op in evidence.history.of(Kind.DELETE) if op.outcome is Outcome.DONE}
    for found in _before(evidence, operation, Kind.OPEN):
        if found.actor != operation.actor or not _times_overlap(found.times, operation.times):
            continue
        gone = deleted.get(found.slot or "")
        if gone is None or gone.end >= operation.start:
            return True
    return False


def _time_was_taken(_: Evidence, operation: Operation, held: Held) -> bool:
    """A booking with its buffers, a hand-opened slot or time off may have been there."""
    stretch = stretch_of(operation)
    return stretch is not None and any(
        hold.may_overlap(operation) and hold.by != operation.number and share_a_minute(hold.pieces, (stretch,))
        for hold in held.time.get(stretch.specialist, [])
    )


def _had_been_ended(evidence: Evidence, operation: Operation, _: Held) -> bool:
    return any(found.slot == operation.slot for found in _before(evidence, operation, Kind.END_OFF))


def _is_of_another_specialist(evidence: Evidence, operation: Operation, _: Held) -> bool:
    moved = evidence.stored.get(operation.booking or "")
    return moved is not None and moved.specialist != operation.specialist


CAUSES: Mapping[tuple[Kind, str], Cause] = {
    (Kind.BOOK, "slot_already_booked"): _was_held,
    (Kind.BOOK, "slot_not_found"): _may_be_no_slot,
    (Kind.BOOK, "slot_started"): _may_have_begun,
    (Kind.BOOK, "service_not_offered"): _service_may_be_off,
    (Kind.BOOK, "service_longer_than_slot"): _may_be_too_short,
    (Kind.BOOK, "idempotency_key_reused"): _key_had_been_used,
    (Kind.BOOK, "too_many_open_holds"): lambda evidence, operation, _: may_hold_too_many(evidence, operation),
    (Kind.CONFIRM, "hold_ended"): _hold_has_ended,
    (Kind.CANCEL, "booking_expired"): _may_have_ended,
    (Kind.CANCEL, "slot_started"): _may_have_begun,
    (Kind.RESCHEDULE, "slot_already_booked"): _was_held,
    (Kind.RESCHEDULE, "slot_not_found"): _may_be_no_slot,
    (Kind.RESCHEDULE, "slot_started"): _may_have_begun,
    (Kind.RESCHEDULE, "service_longer_than_slot"): _may_be_too_short,
    (Kind.RESCHEDULE, "booking_not_confirmed"): _is_not_confirmed,
    (Kind.RESCHEDULE, "other_specialist"): _is_of_another_specialist,
    (Kind.JOIN, "slot_available"): _may_have_been_free,
    (Kind.JOIN, "slot_not_found"): _may_be_no_slot,
    (Kind.JOIN, "service_not_offered"): _service_may_be_off,
    (Kind.JOIN, "service_longer_than_slot"): _may_be_too_short,
    (Kind.JOIN, "already_waiting"): _had_joined,
    (Kind.JOIN, "already_booked_by_client"): _was_held_by_actor,
    (Kind.LEAVE, "wait_list_entry_not_found"): _had_left_the_line,
    (Kind.OPEN, "slot_overlaps"): _another_slot_was_there,
    (Kind.OPEN, "time_taken"): _time_was_taken,
    (Kind.OPEN, "validation_error"): _came_too_late,
    (Kind.DELETE, "slot_booked"): _was_booked,
    (Kind.DELETE, "slot_not_found"): _had_been_deleted,
    (Kind.TAKE_OFF, "time_taken"): _time_was_taken,
    (Kind.END_OFF, "time_off_not_found"): _had_been_ended,
    (Kind.LIST, "service_not_found"): _service_may_be_off,
    (Kind.BOOK, "rate_limited"): lambda _, operation, __: is_guest(operation.actor),
    (Kind.CONFIRM, "not_enough_permissions"): _client_is_erased,
    (Kind.CANCEL, "not_enough_permissions"): _client_is_erased,
    (Kind.RESCHEDULE, "not_enough_permissions"): _client_is_erased,
    (Kind.INTRUDE, "not_enough_permissions"): lambda *_: True,
    (Kind.ATTEND, "slot_not_started"): _may_be_to_come,
    (Kind.ATTEND, "no_attendance"): _has_no_attendance,
    (Kind.ERASE, "invalid_credentials"): _had_erased_itself,
}


def promotions_of(evidence: Evidence, slot: str, client: str, since: datetime) -> list[StoredBooking]:
    """Promotions of the client that may have been in that line: of that slot, or moved since.

    A promotion is dated by the request that freed the slot, which may have begun before the client joined.
    """
    return [
        booking
        for booking in evidence.promotions.get(client, [])
        if (booking.slot == slot or booking.moves) and booking.created_at >= since - LONGEST_REQUEST
    ]


def _before(evidence: Evidence, operation: Operation, kind: Kind) -> Iterator[Operation]:
    """Other operations that may have happened before that one was answered."""
    return (
        found
        for found in evidence.history.of(kind)
        if found is not operation and found.may_have_happened and found.start <= operation.end
    )


def _times_overlap(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """RFC 3339 in UTC sorts as text."""
    return one is not None and other is not None and one[0] < other[1] and other[0] < one[1]
