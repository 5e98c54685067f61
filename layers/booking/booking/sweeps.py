"""The sweeps that there are, by the names that schedules and messages give them."""

from collections.abc import Mapping

from booking.background.shards import Sweep
from booking.bookings.expire import EXPIRY
from booking.bookings.lapse import LAPSES
from booking.notifications.reminders import REMINDERS

SWEEPS: Mapping[str, Sweep] = {sweep.name: sweep for sweep in (EXPIRY, LAPSES, REMINDERS)}
