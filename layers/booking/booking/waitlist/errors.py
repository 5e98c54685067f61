"""What can be wrong with a wait-list request."""

from booking.errors import Conflict, NotFound


class SlotIsAvailable(Conflict):
    """Nobody waits for a free slot."""

    sentence = "Slot is available. Book directly"
    reason = "slot_available"


class AlreadyWaiting(Conflict):
    """A client stands in a line once."""

    sentence = "Client is already in wait list for this slot"
    reason = "already_waiting"


class HoldsSlot(Conflict):
    """Nobody waits for what it has."""

    sentence = "Client already has booking for this slot"
    reason = "already_booked_by_client"


class EntryNotFound(NotFound):
    """No such entry, or its line has ended."""

    sentence = "Wait list entry not found"
    reason = "wait_list_entry_not_found"
