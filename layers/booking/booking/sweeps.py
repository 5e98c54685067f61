"""The sweeps that there are, by the names that schedules and messages give them, and what else their queue asks for."""

import json
from collections.abc import Mapping
from typing import Any

from booking.background.shards import ShardMessage, run_sweep
from booking.background.sweep import Sweep
from booking.bookings.expire import EXPIRY
from booking.bookings.lapse import LAPSES
from booking.notifications.reminders import REMINDERS

SWEEPS: Mapping[str, Sweep] = {sweep.name: sweep for sweep in (EXPIRY, LAPSES, REMINDERS)}


def work_on(body: str, context: Any) -> None:
    """Does what a message of the queue asks for. Raises `StoreUnavailable` if it must come again."""
    if "sweep" in json.loads(body):
        message = ShardMessage.parse(body)
        run_sweep(SWEEPS[message.sweep], message, context)
    else:
        from booking.privacy.erase import Erasure, continue_erasure  # noqa: PLC0415  # few messages need it

        continue_erasure(Erasure.parse(body), context)
