"""The sweeps that there are, by the names that schedules and messages give them, and what else their queue asks for."""

import json
from collections.abc import Mapping
from typing import Any

from booking.background.shards import Sweep, is_shard_worked_off
from booking.bookings.expire import EXPIRY
from booking.bookings.lapse import LAPSES
from booking.notifications.reminders import REMINDERS

SWEEPS: Mapping[str, Sweep] = {sweep.name: sweep for sweep in (EXPIRY, LAPSES, REMINDERS)}


def is_worked_off(body: str, context: Any) -> bool:
    """Works on a message of the queue; whether it has done its service, so that it need not come again."""
    if "sweep" in json.loads(body):
        return is_shard_worked_off(SWEEPS, body, context)
    from booking.privacy.erase import Erasure, continue_erasure  # noqa: PLC0415  # few messages need it

    return continue_erasure(Erasure.parse(body), context)
