"""Refusals that concern slots and their wait-lists."""

from booking.errors import Conflict, Invalid, NotFound


class ServiceLongerThanSlot(Conflict):
    """The slot is too short for the service."""

    sentence = "Service is longer than the slot"
    reason = "service_longer_than_slot"


class SlotNotFound(NotFound):
    """No such slot, or not the caller's own where only that counts."""

    sentence = "Slot not found"
    reason = "slot_not_found"


class SlotOverlaps(Conflict):
    """Slots of one specialist never overlap."""

    sentence = "Time slot overlaps with existing slot"
    reason = "slot_overlaps"


class SlotAlreadyBooked(Conflict):
    """Somebody else was first."""

    sentence = "Slot already booked"
    reason = "slot_already_booked"


class DayIsFull(Conflict):
    """The day holds as many slots as its record can carry."""

    sentence = "The day has no room for another slot"
    reason = "day_is_full"


class SlotStarted(Conflict):
    """The clock decides, not whether a sweep has run."""

    sentence = "Slot has already started"
    reason = "slot_started"


class SlotTooSoon(Conflict):
    """Its specialist wants to know earlier."""

    sentence = "Slot can no longer be booked"
    reason = "slot_too_soon"


class TimeTaken(Conflict):
    """A booking, a hand-opened slot or time off takes some of it."""

    sentence = "Time is already booked"
    reason = "time_taken"


class BookedSlot(Conflict):
    """Somebody counts on this slot."""

    sentence = "Booked slot cannot be deleted"
    reason = "slot_booked"


class SlotEndsBeforeItStarts(Invalid):
    """A slot has a positive length."""

    sentence = "end_at must be after start_at"
    location = ("body", "end_at")


class SlotInThePast(Invalid):
    """A slot that has started can no longer be booked."""

    sentence = "start_at must be in the future"
    location = ("body", "start_at")


class SlotTooLong(Invalid):
    """A slot is at most a day long."""

    sentence = "A slot cannot be longer than 24 hours"
    location = ("body", "end_at")


class SlotTooFarAhead(Invalid):
    """Calendars reach 400 days ahead."""

    sentence = "A slot cannot start more than 400 days ahead"
    location = ("body", "start_at")


class DayBesideDays(Invalid):
    """Two ways of saying which days."""

    sentence = "date and date_from or date_to cannot be used together"
    location = ("query", "date")


class OneDayMissing(Invalid):
    """A range of days has two ends."""

    sentence = "date_from and date_to go together"
    location = ("query", "date_from")


class TooManyDays(Invalid):
    """More would cost more than a list may."""

    sentence = "At most 31 days can be asked for"
    location = ("query", "date_to")


class TimeOffIsOver(Invalid):
    """Time off that has passed changes nothing."""

    sentence = "end_at must be in the future"
    location = ("body", "end_at")


class TimeOffTooLong(Invalid):
    """Longer absences are days without hours."""

    sentence = "Time off cannot be longer than 72 hours"
    location = ("body", "end_at")


class TimeOffNotFound(NotFound):
    """No such time off of the caller's."""

    sentence = "Time off not found"
    reason = "time_off_not_found"


class SlotIsAvailable(Conflict):
    """Nobody waits for a free slot."""

    sentence = "Slot is available. Book directly"
    reason = "slot_available"


class AlreadyWaiting(Conflict):
    """A client is in a wait-list once."""

    sentence = "Client is already in wait list for this slot"
    reason = "already_waiting"


class HoldsSlot(Conflict):
    """Nobody waits for what it has."""

    sentence = "Client already has booking for this slot"
    reason = "already_booked_by_client"


class EntryNotFound(NotFound):
    """No such entry, or its slot has started."""

    sentence = "Wait list entry not found"
    reason = "wait_list_entry_not_found"
