"""Terms of conditions that can be left out without any order showing it, each with the reason.

Most say for a second time what another term of the same write says: leaving out both is found where `with_` names the
other.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Survivor:
    """Why a term is not missed; `with_` are others that are missed when they are left out together with it."""

    reason: str
    with_: tuple[str, ...] = ()


_IDS = Survivor("ids are 128 random bits, which operations here draw without repeating themselves")
_SECOND_KEY = Survivor(
    "the entry's own condition fails with it: an entry and its place in the line come and go together"
)
_ACCOUNTS = Survivor("of accounts and what follows for slots: tests/integration/test_deactivation.py holds it")
_CALENDAR = Survivor("the minutes are claimed in the same write")
_HELD = Survivor("who gives up a slot holds it while the booking is unchanged, which the same write asks for")

_CANCEL = "bookings.cancel.compose < bookings.free_time._free_without_plan: update BookingItem if"
_MOVE = "bookings.reschedule.compose < bookings.free_time"
_BOOK = "bookings.free_time._book < bookings.free_time"
_PLAN = "slots.promotion_plan._write_slot < slots.promotion_plan.write_in: update SlotItem if"

SURVIVORS: Mapping[str, Survivor] = {}
