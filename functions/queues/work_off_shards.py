"""Queue of due shards: ends started bookings, and holds that are over; asks for reminders of what is about to begin."""

from typing import Any

from booking.background.shards import work_off
from booking.sweeps import SWEEPS


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Works on each message's shard; reports the messages that must come again."""
    return work_off(SWEEPS, event, context)
