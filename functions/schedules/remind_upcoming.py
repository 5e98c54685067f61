"""EventBridge schedule: reminds clients of the bookings that are about to begin."""

from typing import Any

from booking.background.run import run
from booking.background.sweep import Bounds
from booking.notifications.reminders import remind_upcoming
from booking.runtime.clock import current_instant
from booking.telemetry import metrics
from booking.telemetry.log import logger


def handler(_event: dict[str, Any], context: Any) -> dict[str, float]:
    """One bounded run; returns and logs what it did."""
    with run("sweep.remind", context) as this:
        report = remind_upcoming(current_instant(), Bounds(context.get_remaining_time_in_millis))
        this.is_unfinished = report.leaves_something
        lag = round(report.lag_seconds, 1)
        summary = {"reminded": 0, **report.outcomes, "reminder_lag_seconds": lag}
        metrics.count("reminders_sent", report.outcomes["reminded"])
        metrics.observe_lag("reminder_lag_seconds", lag)
        logger.info("sweep", extra={"sweep": "remind", **summary})
    return summary
