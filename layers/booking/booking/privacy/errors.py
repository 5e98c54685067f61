"""Refusals that concern people's data."""

from booking.errors import Conflict


class UpcomingBookings(Conflict):
    """Who has booked with a specialist is told by the specialist, not by an appointment that is gone."""

    sentence = "Upcoming bookings have to be cancelled first"
    reason = "upcoming_bookings"
