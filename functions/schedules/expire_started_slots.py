"""EventBridge schedule: ends the bookings whose slots have started."""

from typing import Any

from booking.platform import metrics
from booking.platform.clock import current_instant
from booking.platform.log import logger
from booking.platform.run import run
from booking.platform.sweep import Bounds
from booking.reservations.expiry import expire_started


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """One bounded run; returns and logs what it did."""
    with run(context):
        bounds = Bounds(context.get_remaining_time_in_millis)
        summary = {"expired": 0, **expire_started(current_instant(), bounds)}
        metrics.count("bookings_expired", summary["expired"])
        logger.info("sweep", extra={"sweep": "expire", **summary})
    return summary
