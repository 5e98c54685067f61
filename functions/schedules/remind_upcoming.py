"""EventBridge schedule: reminds clients of the bookings that are about to begin."""

from typing import Any

from booking.notifications.reminders import remind_upcoming
from booking.platform import metrics
from booking.platform.clock import current_instant
from booking.platform.log import logger
from booking.platform.run import run
from booking.platform.sweep import Bounds


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """One bounded run; returns and logs what it did."""
    with run(context):
        bounds = Bounds(context.get_remaining_time_in_millis)
        summary = {"reminded": 0, **remind_upcoming(current_instant(), bounds)}
        metrics.count("reminders_sent", summary["reminded"])
        logger.info("sweep", extra={"sweep": "remind", **summary})
    return summary
