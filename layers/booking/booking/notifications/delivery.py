"""Once-only delivery, as far as the world allows it.

A ledger entry is claimed before something is sent and marked when it was. A failure that is known to
have sent nothing gives the claim back. A function that dies in between leaves it unknown: after the
lease the delivery is tried once more, so at most one duplicate is possible. If that try dies as well, a
person decides (the dead-letter queue), so nothing is lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from booking.platform.clock import epoch_seconds
from booking.platform.ephemeral import EphemeralItem
from booking.platform.store import ConditionFailed, ConditionsFailed, Item, Transaction, delete, update
from booking.platform.sweep import TryLater

LEASE = timedelta(minutes=2)
KEPT = timedelta(days=7)
MOST_TRIES = 2


class NotSent(Exception):
    """Nothing left the house; sending again is safe."""


class Refused(Exception):
    """Nothing left the house, and it never will as it is."""


class NobodyKnows(Exception):
    """No try lived to tell whether it had sent; more of them could send more than one duplicate."""


class Delivery(StrEnum):
    """What became of a delivery."""

    SENT = "sent"
    SENT_BEFORE = "sent_before"
    UNWANTED = "unwanted"


class _LedgerEntry(EphemeralItem):
    state = UnicodeAttribute()
    lease_until = NumberAttribute()
    tries = NumberAttribute()


def deliver_once(
    key: str,
    send: Callable[[], None],
    now: datetime,
    *,
    while_holds: tuple[Item, Condition] | None = None,
) -> Delivery:
    """Sends what `key` names unless it was sent before.

    With `while_holds` it is sent only if that condition holds for that item when the claim is made.
    Raises `TryLater` if somebody else is just sending it, or if it could not be sent now, `Refused` if it
    can never be sent, `NobodyKnows` if the tries are used up (a redrive, after the lease, has new ones).
    """
    entry = _LedgerEntry(pk=f"delivery#{key}")
    claimed = _claim(entry, now, while_holds)
    if claimed is not None:
        return claimed
    try:
        send()
    except NotSent as failure:
        delete(entry)
        raise TryLater(str(failure)) from failure
    except Refused:
        delete(entry)
        raise
    update(entry, [_LedgerEntry.state.set("done")])
    return Delivery.SENT


def _claim(entry: _LedgerEntry, now: datetime, while_holds: tuple[Item, Condition] | None) -> Delivery | None:
    """None when the claim is ours, else why there is nothing to send."""
    instant = epoch_seconds(now)
    lease_over = (
        (_LedgerEntry.state == "started") & (_LedgerEntry.lease_until <= instant) & (_LedgerEntry.tries < MOST_TRIES)
    )
    transaction = Transaction()
    claim = transaction.update(
        entry,
        [
            _LedgerEntry.state.set("started"),
            _LedgerEntry.lease_until.set(epoch_seconds(now + LEASE)),
            _LedgerEntry.expires_at.set(epoch_seconds(now + KEPT)),
            _LedgerEntry.tries.add(1),
        ],
        condition=_LedgerEntry.pk.does_not_exist() | lease_over,
    )
    if while_holds is not None:
        transaction.check(*while_holds)
    try:
        transaction.commit()
    except ConditionsFailed as failure:
        if not failure.at(claim):
            return Delivery.UNWANTED
        old = failure.old(claim)
        return _not_ours(_LedgerEntry.from_old(old) if old else None, now)
    return None


def _not_ours(found: _LedgerEntry | None, now: datetime) -> Delivery:
    if found and found.state == "done":
        return Delivery.SENT_BEFORE
    if found and found.lease_until <= epoch_seconds(now):
        _leave_to_a_person(found, now)
    raise TryLater("somebody else is sending it")


def _leave_to_a_person(used_up: _LedgerEntry, now: datetime) -> NoReturn:
    """Whoever asks first makes the dead letter; a redrive of it finds fresh tries once the lease is over."""
    try:
        update(
            _LedgerEntry(pk=used_up.pk),
            [_LedgerEntry.lease_until.set(epoch_seconds(now + LEASE)), _LedgerEntry.tries.set(0)],
            condition=(_LedgerEntry.state == "started") & (_LedgerEntry.lease_until == used_up.lease_until),
        )
    except ConditionFailed:
        raise TryLater("somebody else is sending it") from None
    raise NobodyKnows(f"{MOST_TRIES} tries died while they were sending")
