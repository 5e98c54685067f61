"""Queue of due shards: ends started bookings, and holds that are over; asks for reminders of what is about to begin.

And of people who are to be erased.
"""

from functools import partial
from typing import Any

from booking.background.shards import work_off
from booking.sweeps import is_worked_off


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Works on what each message asks for; reports the messages that must come again."""
    return work_off(event, partial(is_worked_off, context=context))
