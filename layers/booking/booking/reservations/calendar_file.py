"""A booking as an iCalendar object (RFC 5545), in the terms of scheduling (RFC 5546).

While it is confirmed, a booking is a `REQUEST`; once it has ended, a `CANCEL` of the same event. The UID
never changes and the sequence rises, so that a calendar updates the event that it has.
"""

from datetime import datetime

from icalendar import Calendar, Event, vCalAddress, vText

from booking.calendar.profiles import find_profile
from booking.calendar.table import ProfileItem
from booking.caller import Caller
from booking.reservations.change import find_booking
from booking.reservations.rules import Status, check_may_see
from booking.reservations.table import BookingItem

_PRODUCT = "-//Booking API//EN"
_UNTITLED = "Appointment"


def calendar_file(caller: Caller, booking_id: str, now: datetime) -> bytes:
    """The file for whoever may see the booking. Raises `BookingNotFound`, `Forbidden`."""
    item = find_booking(booking_id)
    check_may_see(item.to_booking(), caller)
    return to_icalendar(item, find_profile(item.specialist_id), now)


def to_icalendar(item: BookingItem, specialist: ProfileItem | None, now: datetime) -> bytes:
    """The booking as a calendar with one event."""
    is_confirmed = item.status == Status.CONFIRMED.value
    event = Event()
    event.add("uid", f"{item.booking_id}@booking-api")
    event.add("dtstamp", now)
    event.add("dtstart", item.slot_start_at)
    event.add("dtend", item.slot_end_at)
    event.add("created", item.created_at)
    event.add("sequence", int(item.sequence) + (0 if is_confirmed else 1))
    event.add("status", "CONFIRMED" if is_confirmed else "CANCELLED")
    event.add("summary", _summary(item, specialist))
    event.add("organizer", _organizer(specialist))
    event.add("attendee", vCalAddress(f"mailto:{item.client_email}"))

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST" if is_confirmed else "CANCEL")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _summary(item: BookingItem, specialist: ProfileItem | None) -> str:
    title = item.service_title or _UNTITLED
    name = specialist.display_name if specialist else None
    return f"{title} · {name}" if name else title


def _organizer(specialist: ProfileItem | None) -> vCalAddress:
    """An address that nobody reads stands in for a specialist whose own is not known."""
    email = specialist.email if specialist else None
    address = vCalAddress(f"mailto:{email or 'noreply@booking-api.invalid'}")
    if specialist and specialist.display_name:
        address.params["CN"] = vText(specialist.display_name)
    return address
