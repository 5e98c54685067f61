"""EventBridge schedule: ends the bookings whose slots have started."""

from typing import Any

from booking.background.run import run
from booking.background.sweep import Bounds
from booking.bookings.expire import expire_started
from booking.runtime.clock import current_instant
from booking.telemetry import metrics
from booking.telemetry.log import logger


def handler(_event: dict[str, Any], context: Any) -> dict[str, float]:
    """One bounded run; returns and logs what it did."""
    with run("sweep.expire", context) as this:
        report = expire_started(current_instant(), Bounds(context.get_remaining_time_in_millis))
        this.is_unfinished = report.leaves_something
        lag = round(report.lag_seconds, 1)
        summary = {"expired": 0, **report.outcomes, "expiry_lag_seconds": lag}
        metrics.count("bookings_expired", report.outcomes["expired"])
        metrics.observe_lag("expiry_lag_seconds", lag)
        logger.info("sweep", extra={"sweep": "expire", **summary})
    return summary
