"""Refusals that concern bookings."""

from booking.errors import Conflict, Forbidden, NotFound


class BookingNotFound(NotFound):
    """No such booking."""

    sentence = "Booking not found"
    reason = "booking_not_found"


class GuestsCannotBook(Forbidden):
    """The operator wants bookings by accounts only."""

    sentence = "Guests cannot book here"
    reason = "guests_cannot_book"


class BookingHasExpired(Conflict):
    """What is over cannot be called off."""

    sentence = "Expired booking cannot be cancelled"
    reason = "booking_expired"


class NotConfirmed(Conflict):
    """Only what stands can be moved."""

    sentence = "Only confirmed bookings can be rescheduled"
    reason = "booking_not_confirmed"


class HoldHasEnded(Conflict):
    """What is not held any more cannot be confirmed; the clock decides, not whether a sweep has run."""

    sentence = "Hold has ended"
    reason = "hold_ended"


class TooManyOpenHolds(Conflict):
    """A client holds a few slots at a time."""

    sentence = "Too many open holds"
    reason = "too_many_open_holds"


class NoLongerChangeable(Conflict):
    """Its specialist wants to know earlier; whoever is the specialist may still change it."""

    sentence = "Booking can no longer be changed"
    reason = "booking_not_changeable"


class NoAttendance(Conflict):
    """What is held, was called off or has lapsed is no appointment to come to."""

    sentence = "Attendance belongs to confirmed and expired bookings"
    reason = "no_attendance"


class SlotNotStarted(Conflict):
    """Nobody has come, or stayed away, before that."""

    sentence = "Slot has not started yet"
    reason = "slot_not_started"


class OtherSpecialist(Conflict):
    """A booking stays with its specialist."""

    sentence = "New slot must belong to the same specialist"
    reason = "other_specialist"


class KeyUsedForOtherRequest(Conflict):
    """An idempotency key names one request."""

    sentence = "Idempotency key already used with another slot"
    reason = "idempotency_key_reused"


class SlotOutOfStep(Exception):
    """A booking says that it holds a slot, and the slot does not know of it: no operation does that, but a hand.

    It is no refusal: whoever finds it in the background notes it once, as a dead letter.
    """
