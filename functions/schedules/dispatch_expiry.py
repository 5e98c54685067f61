"""EventBridge schedule: sends a message for each shard in which bookings are to expire."""

from typing import Any

from booking.background.shards import dispatch
from booking.bookings.expire import EXPIRY


def handler(_event: dict[str, Any], context: Any) -> dict[str, float]:
    """One dispatch; returns how many shards it concerns, and how late the oldest booking is."""
    return dispatch(EXPIRY, context)
