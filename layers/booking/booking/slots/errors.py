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
