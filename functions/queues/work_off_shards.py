"""Queue of due shards: ends the bookings whose slots have started, asks for reminders of those about to begin."""

from typing import Any

from booking.background.shards import work_off
from booking.sweeps import SWEEPS


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Works on each message's shard; reports the messages that must come again."""
    return work_off(SWEEPS, event, context)
