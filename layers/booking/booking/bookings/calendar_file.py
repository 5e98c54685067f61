"""A booking as an iCalendar object (RFC 5545), in the terms of scheduling (RFC 5546).

A booking is a `REQUEST`, also after its slot has started: most appointments that expire took place. Only once it was
called off, or its hold has lapsed, it is a `CANCEL` of the same event. What is held is tentative. The UID never
changes and the sequence rises, so that a calendar updates the event that it has. The organizer is the stack's own
address: no sign-in address but the attendee's is in the file.
"""

from datetime import datetime

from icalendar import Calendar, Event, vCalAddress, vText

from booking.bookings.read import find_booking
from booking.bookings.rules import Booking, Status, check_may_see
from booking.caller import Caller, Guest
from booking.runtime.defang import defanged
from booking.runtime.settings import settings
from booking.specialists.profiles import find_profile
from booking.specialists.rules import Profile

_PRODUCT = "-//Booking API//EN"
_STATUS = {Status.HELD: "TENTATIVE"}
_UNTITLED = "Appointment"
_NO_REPLY = "noreply@booking-api.invalid"


def get_calendar_file(caller: Caller | Guest, booking_id: str, now: datetime) -> bytes:
    """The file for whoever may see the booking. Raises `BookingNotFound`, `Forbidden`."""
    booking = find_booking(booking_id)
    check_may_see(booking, caller, now)
    return to_icalendar(booking, find_profile(booking.specialist_id), now)


def to_icalendar(booking: Booking, specialist: Profile | None, now: datetime) -> bytes:
    """The booking as a calendar with one event."""
    is_cancelled = booking.status is Status.CANCELLED or booking.has_lapsed
    event = Event()
    event.add("uid", f"{booking.id}@booking-api")
    event.add("dtstamp", now)
    event.add("dtstart", booking.slot_start_at)
    event.add("dtend", booking.slot_end_at)
    event.add("created", booking.created_at)
    event.add("sequence", booking.sequence + (1 if is_cancelled else 0))
    event.add("status", "CANCELLED" if is_cancelled else _STATUS.get(booking.status, "CONFIRMED"))
    event.add("summary", _summary(booking, specialist))
    event.add("organizer", _organizer(specialist))
    if booking.client.email:
        event.add("attendee", vCalAddress(f"mailto:{booking.client.email}"))

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_cancelled else "REQUEST")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _summary(booking: Booking, specialist: Profile | None) -> str:
    title = defanged(booking.service_title or "") or _UNTITLED
    name = _name(specialist)
    return f"{title} · {name}" if name else title


def _organizer(specialist: Profile | None) -> vCalAddress:
    """The specialist by name; the address is one that mail comes from, or one that cannot exist (RFC 2606)."""
    address = vCalAddress(f"mailto:{settings().mail_sender or _NO_REPLY}")
    if name := _name(specialist):
        address.params["CN"] = vText(name)
    return address


def _name(specialist: Profile | None) -> str:
    return defanged((specialist and specialist.display_name) or "")
