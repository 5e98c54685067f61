"""`make claim-slots`: slots that a release before opening hours has opened take their time in the hour records.

Needed once, after the update: until then opening hours would offer the time of such slots as well. A slot whose time
something else has by now is named and left as it is: which of the two is to go, people decide.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from booking.runtime.clock import to_stored
from booking.slots.claim_opened import Outcome, claim_opened
from booking.slots.ids import SlotId
from infra.stack import DeployedStack


def claim_slots(stack: DeployedStack, now: datetime, say: Callable[[str], object] = print) -> Counter[Outcome]:
    """Goes over the hand-opened slots that have not ended and taken nothing yet; how many of them came to what."""
    counts: Counter[Outcome] = Counter()
    for slot in _slots(stack, now):
        outcome = claim_opened(slot)
        counts[outcome] += 1
        if outcome is Outcome.CONFLICT:
            say(f"conflict  {slot.specialist_id}  {slot.start_at:%FT%TZ} to {slot.end_at:%FT%TZ}  {slot.text}")
    return counts


def _slots(stack: DeployedStack, now: datetime) -> Iterator[SlotId]:
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=stack.outputs()["CalendarTableName"],
            FilterExpression="attribute_exists(slot_id) AND attribute_not_exists(claimed) AND end_at > :now",
            ExpressionAttributeValues={":now": {"S": to_stored(now)}},
            ProjectionExpression="slot_id",
            ConsistentRead=True,
        )
    )
    for page in pages:
        for item in page["Items"]:
            if slot := SlotId.parse(item["slot_id"]["S"]):
                yield slot
