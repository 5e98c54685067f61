"""Queue of due shards: reminds clients of the bookings that are about to begin."""

from typing import Any

from booking.background.shards import work_off
from booking.notifications.reminders import REMINDERS


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Works on each message's shard; reports the messages that must come again."""
    return work_off(REMINDERS, event, context)
