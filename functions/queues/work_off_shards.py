"""Queue of due shards: ends started bookings, and holds that are over; asks for reminders of what is about to begin.

And of people who are to be erased.
"""

from typing import Any

from booking.errors import StoreUnavailable
from booking.sweeps import work_on


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Does what each message asks for; reports the messages that must come again."""
    again = [record["messageId"] for record in event["Records"] if not _is_done(record["body"], context)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _is_done(body: str, context: Any) -> bool:
    try:
        work_on(body, context)
    except StoreUnavailable:
        return False
    return True
