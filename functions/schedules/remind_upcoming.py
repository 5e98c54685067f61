"""EventBridge schedule: reminds clients of the bookings that are about to begin."""

from typing import Any

from booking.background.scheduled import run_sweep
from booking.notifications.reminders import remind_upcoming


def handler(_event: dict[str, Any], context: Any) -> dict[str, float]:
    """One bounded run; returns what it did."""
    return run_sweep(
        "remind", remind_upcoming, context, done="reminded", counter="reminders_sent", lag="reminder_lag_seconds"
    )
