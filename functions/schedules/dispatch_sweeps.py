"""EventBridge schedules: send a message for each shard in which bookings expire, holds end, or reminders are due."""

from typing import Any

from booking.background.shards import dispatch
from booking.sweeps import SWEEPS


def handler(event: dict[str, Any], context: Any) -> dict[str, dict[str, float]]:
    """Dispatches the sweep that the event names, or all; says how many shards each concerns, and how late it is."""
    names = [event["sweep"]] if "sweep" in event else list(SWEEPS)
    return {name: dispatch(SWEEPS[name], context) for name in names}
