"""Once-only delivery, as far as the world allows it.

A ledger entry is claimed before something is sent and marked when it was. A failure that is known to
have sent nothing releases the claim. A function that dies in between leaves it unknown: after the
lease the delivery is tried once more, so at most one duplicate is possible. If that try dies as well, a
person decides (the dead-letter queue), so nothing is lost.

A sender may be slower than its lease. Whatever it then comes to know counts only as far as its claim is still
its own: that it has sent is always noted, that it has not releases no claim but its own.
"""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NoReturn

from botocore.exceptions import ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from booking.background.queues import TryLater
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import delete, get_all, put_all, update
from booking.errors import StoreUnavailable
from booking.runtime.clock import epoch_seconds
from booking.telemetry.log import logger

LEASE = timedelta(minutes=2)
KEPT = timedelta(days=30)
"""How long a delivery is remembered: a record that made a dead letter (kept for 14 days) twice is still known."""
MOST_TRIES = 2
_PREFIX = "delivery#"

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


class _LedgerEntry(EphemeralItem):
    """`claim` is the word of whoever claimed it last, by which a write that the SDK has sent twice knows itself."""

    state = UnicodeAttribute()
    lease_until = NumberAttribute(null=True)
    tries = NumberAttribute(null=True)
    claim = UnicodeAttribute(null=True)  # entries of earlier releases have none


def meaning_of(error: ClientError) -> NotSent | Refused:
    """Whether what AWS has refused may be tried again by itself; names the error's code, never its sentence."""
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return NotSent(code) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else meaning_of_code(code)


def meaning_of_code(code: str) -> NotSent | Refused:
    """The same for an error that AWS tells by its code alone."""
    return NotSent(code) if code in _PASSING else Refused(code)


def sent_before(keys: Sequence[str]) -> set[str]:
    """Those of the keys whose deliveries were sent. Raises `StoreUnavailable`."""
    found = [_LedgerEntry.from_old(raw) for raw in get_all(_LedgerEntry, [(_pk(key),) for key in sorted(set(keys))])]
    return {entry.pk.removeprefix(_PREFIX) for entry in found if entry.state == "done"}


def note_sent(keys: Sequence[str], now: datetime) -> None:
    """For what is sent at least once: whoever asks next learns that it was, unless the store cannot be reached."""
    noted = [_LedgerEntry(pk=_pk(key), state="done", expires_at=epoch_seconds(now + KEPT)) for key in keys]
    try:
        put_all(noted)
    except StoreUnavailable:
        logger.warning("what was sent could not be noted, and may be sent again", deliveries=list(keys))


def deliver_once(key: str, send: Callable[[], None], now: datetime) -> bool:
    """Does `send` once for what `key` names; whether it did so now, which is not if it was withheld.

    `send` may raise `NotSent`, `Refused` or `Withheld`.

    Raises `TryLater` if somebody else is just sending it, or if it could not be sent now, `Refused` if it
    can never be sent, `OutcomeUnknown` if the tries are used up (a redrive, after the lease, has new ones).
    """
    entry, claim = _LedgerEntry(pk=_pk(key)), secrets.token_hex(8)
    if not _claim(entry, claim, now):
        return False
    try:
        send()
    except NotSent as failure:
        _release(entry, claim)
        raise TryLater(str(failure)) from failure
    except Refused:
        _release(entry, claim)
        raise
    except Withheld:
        _settle(entry, now)
        return False
    _settle(entry, now)
    return True


def _pk(key: str) -> str:
    return f"{_PREFIX}{key}"


def _settle(entry: _LedgerEntry, now: datetime) -> None:
    """From now on it counts as sent before, also if another sender has released the claim meanwhile."""
    update(entry, [_LedgerEntry.state.set("done"), _LedgerEntry.expires_at.set(epoch_seconds(now + KEPT))])


def _release(entry: _LedgerEntry, claim: str) -> None:
    """If the lease ran out meanwhile and somebody else has claimed it, the claim is theirs."""
    with suppress(ConditionFailed):
        delete(entry, condition=(_LedgerEntry.state == "started") & (_LedgerEntry.claim == claim))


def _claim(entry: _LedgerEntry, claim: str, now: datetime) -> bool:
    """Whether it is ours to send; not when it was sent before."""
    instant = epoch_seconds(now)
    lease_over = (
        (_LedgerEntry.state == "started") & (_LedgerEntry.lease_until <= instant) & (_LedgerEntry.tries < MOST_TRIES)
    )
    try:
        update(
            entry,
            [
                _LedgerEntry.state.set("started"),
                _LedgerEntry.claim.set(claim),
                _LedgerEntry.lease_until.set(epoch_seconds(now + LEASE)),
                _LedgerEntry.expires_at.set(epoch_seconds(now + KEPT)),
                _LedgerEntry.tries.add(1),
            ],
            condition=_LedgerEntry.pk.does_not_exist() | lease_over,
        )
    except ConditionFailed as failure:
        found = _entry(failure.old)
        if found.claim != claim:
            _check_sent(found, now)
            return False
    return True


def _entry(old: RawItem | None) -> _LedgerEntry:
    """What stands behind a failed condition. It has gone again where a claim was just released."""
    if old is None:
        raise TryLater("somebody else was sending it")
    return _LedgerEntry.from_old(old)


def _check_sent(found: _LedgerEntry, now: datetime) -> None:
    """Raises why nobody can send it now, unless it was sent."""
    if found.state == "done":
        return
    if found.lease_until <= epoch_seconds(now):
        _give_up(found, now)
    raise TryLater("somebody else is sending it")


def _give_up(used_up: _LedgerEntry, now: datetime) -> NoReturn:
    """Whoever asks first makes the dead letter; a redrive of it finds fresh tries once the lease is over."""
    claim = secrets.token_hex(8)
    try:
        update(
            _LedgerEntry(pk=used_up.pk),
            [
                _LedgerEntry.claim.set(claim),
                _LedgerEntry.lease_until.set(epoch_seconds(now + LEASE)),
                _LedgerEntry.tries.set(0),
            ],
            condition=(_LedgerEntry.state == "started") & (_LedgerEntry.lease_until == used_up.lease_until),
        )
    except ConditionFailed as failure:
        if _entry(failure.old).claim != claim:
            raise TryLater("somebody else is sending it") from None
    raise OutcomeUnknown(f"{MOST_TRIES} tries died while they were sending")
