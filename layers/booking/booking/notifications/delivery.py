"""Once-only delivery, as far as the world allows it.

A ledger entry is claimed before something is sent and marked when it was. A failure that is known to
have sent nothing releases the claim. A function that dies in between leaves it unknown: after the
lease the delivery is tried once more, so at most one duplicate is possible. If that try dies as well, a
person decides (the dead-letter queue), so nothing is lost.

A sender may be slower than its lease. Whatever it then comes to know counts only as far as its claim is still
its own: that it has sent is always noted, that it has not releases no claim but its own.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import NoReturn

from botocore.exceptions import ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from booking.background.retry import TryLater
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import ConditionFailed, TransactionCanceled
from booking.dynamodb.items import Item, delete, update
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds

LEASE = timedelta(minutes=2)
KEPT = timedelta(days=30)
"""How long a delivery is remembered: a record that made a dead letter (kept for 14 days) twice is still known."""
MOST_TRIES = 2

# What AWS answers when the moment, rather than the request, is wrong, beside every 5xx. All other errors stay as they
# are until a person has changed something. (The services' common errors; SES says Throttling, the bus
# ThrottlingException.)
_PASSING = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalFailure",
        "RequestAbortedException",
        "RequestExpired",
        "RequestTimeout",
        "RequestTimeoutException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class NotSent(Exception):
    """Nothing was sent; sending again is safe."""


class Refused(Exception):
    """Nothing was sent, and nothing ever will be as things are."""


class Withheld(Exception):
    """Nothing was sent, nor shall it be: the delivery is settled, and nobody needs to look into it."""


class OutcomeUnknown(Exception):
    """Every try died before it was known whether it had sent; one more could send more than one duplicate."""


class Delivery(StrEnum):
    """What became of a delivery."""

    SENT = "sent"
    SENT_BEFORE = "sent_before"
    UNWANTED = "unwanted"
    WITHHELD = "withheld"


class _LedgerEntry(EphemeralItem):
    state = UnicodeAttribute()
    lease_until = NumberAttribute()
    tries = NumberAttribute()


def meaning_of(error: ClientError) -> NotSent | Refused:
    """Whether what AWS has refused may be tried again by itself; names the error's code, never its sentence."""
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return NotSent(code) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else meaning_of_code(code)


def meaning_of_code(code: str) -> NotSent | Refused:
    """The same for an error that AWS tells by its code alone."""
    return NotSent(code) if code in _PASSING else Refused(code)


def deliver_once(
    key: str,
    send: Callable[[], None],
    now: datetime,
    *,
    while_holds: tuple[Item, Condition] | None = None,
) -> Delivery:
    """Sends what `key` names unless it was sent before.

    With `while_holds` it is sent only if that condition holds for that item when the claim is made. `send` may raise
    `NotSent`, `Refused` or `Withheld`.
    Raises `TryLater` if somebody else is just sending it, or if it could not be sent now, `Refused` if it
    can never be sent, `OutcomeUnknown` if the tries are used up (a redrive, after the lease, has new ones).
    """
    entry = _LedgerEntry(pk=f"delivery#{key}")
    claimed = _claim(entry, now, while_holds)
    if claimed is not None:
        return claimed
    try:
        send()
    except NotSent as failure:
        _release_claim(entry, now)
        raise TryLater(str(failure)) from failure
    except Refused:
        _release_claim(entry, now)
        raise
    except Withheld:
        _settle(entry, now)
        return Delivery.WITHHELD
    _settle(entry, now)
    return Delivery.SENT


def _settle(entry: _LedgerEntry, now: datetime) -> None:
    """From now on it counts as sent before, also if another sender has released the claim meanwhile."""
    update(entry, [_LedgerEntry.state.set("done"), _LedgerEntry.expires_at.set(epoch_seconds(now + KEPT))])


def _release_claim(entry: _LedgerEntry, now: datetime) -> None:
    """If the lease ran out meanwhile and somebody else has claimed it, the claim is theirs."""
    with suppress(ConditionFailed):
        delete(entry, condition=_LedgerEntry.lease_until == _lease_from(now))


def _lease_from(now: datetime) -> int:
    """When a lease that begins now is over; no two claims of a delivery have the same."""
    return epoch_seconds(now + LEASE)


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
            _LedgerEntry.lease_until.set(_lease_from(now)),
            _LedgerEntry.expires_at.set(epoch_seconds(now + KEPT)),
            _LedgerEntry.tries.add(1),
        ],
        condition=_LedgerEntry.pk.does_not_exist() | lease_over,
    )
    if while_holds is not None:
        transaction.check(*while_holds)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if not failure.failed(claim):
            return Delivery.UNWANTED
        old = failure.old(claim)
        return _why_not_claimed(_LedgerEntry.from_old(old) if old else None, now)
    return None


def _why_not_claimed(found: _LedgerEntry | None, now: datetime) -> Delivery:
    if found and found.state == "done":
        return Delivery.SENT_BEFORE
    if found and found.lease_until <= epoch_seconds(now):
        _give_up(found, now)
    raise TryLater("somebody else is sending it")


def _give_up(used_up: _LedgerEntry, now: datetime) -> NoReturn:
    """Whoever asks first makes the dead letter; a redrive of it finds fresh tries once the lease is over."""
    try:
        update(
            _LedgerEntry(pk=used_up.pk),
            [_LedgerEntry.lease_until.set(_lease_from(now)), _LedgerEntry.tries.set(0)],
            condition=(_LedgerEntry.state == "started") & (_LedgerEntry.lease_until == used_up.lease_until),
        )
    except ConditionFailed:
        raise TryLater("somebody else is sending it") from None
    raise OutcomeUnknown(f"{MOST_TRIES} tries died while they were sending")
