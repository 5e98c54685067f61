"""EventBridge schedule: ends the bookings whose slots have started."""

from typing import Any

from booking.background.scheduled import run_sweep
from booking.bookings.expire import expire_started


def handler(_event: dict[str, Any], context: Any) -> dict[str, float]:
    """One bounded run; returns what it did."""
    return run_sweep(
        "expire", expire_started, context, done="expired", counter="bookings_expired", lag="expiry_lag_seconds"
    )
