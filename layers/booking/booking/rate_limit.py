"""Rate limits that hold over all execution environments: a sliding window, exact, in one write.

The attempts of a window are a set of instants in one item. An attempt adds its instant under the
condition that the set is not full; a full set is the refusal, and the oldest instant in it says when
the next attempt is free. Nothing is counted twice: adding the same instant again changes nothing.
"""

import hashlib
import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, ip_address

from pynamodb.attributes import NumberSetAttribute
from pynamodb.expressions.condition import size

from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import ConditionFailed, Contended
from booking.dynamodb.items import update
from booking.errors import StoreUnavailable, TooManyRequests
from booking.telemetry.metrics import count

_NANOSECONDS = 1_000_000_000
_NETWORK_BYTES = 8
_local_attempts: dict[str, set[int]] = defaultdict(set)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `attempts` in any `window_seconds`, for each subject (a source, an account)."""

    name: str
    attempts: int
    window_seconds: int


class _Window(EphemeralItem):
    attempts = NumberSetAttribute(null=True)


def source_network(address: str) -> str:
    """Who counts as one source: an IPv4 address, or the /64 of an IPv6 address.

    A subscriber has at least a whole /64 (RFC 6177), so that single IPv6 addresses would count for nothing.
    """
    try:
        source = ip_address(address)
    except ValueError:
        return address
    if isinstance(source, IPv4Address):
        return str(source)
    return str(source.ipv4_mapped or source.packed[:_NETWORK_BYTES].hex())


def count_attempt(limit: RateLimit, subject: str, now: datetime) -> int:
    """Counts one attempt, and names it for `forget_attempt`. Raises `TooManyRequests` when the window is full.

    While the store is out of reach, this execution environment counts for itself.
    """
    key = f"rate#{limit.name}#{_digest(subject)}"
    instant = _unique_nanoseconds(now)
    try:
        _count_somewhere(limit, key, instant)
    except TooManyRequests:
        count("rate_limited")
        raise
    return instant


def forget_attempt(limit: RateLimit, subject: str, attempt: int) -> None:
    """The attempt counts no longer; it goes on counting if the store cannot be reached now."""
    key = f"rate#{limit.name}#{_digest(subject)}"
    if key in _local_attempts:
        _local_attempts[key].discard(attempt)
    try:
        update(_Window(pk=key), [_Window.attempts.delete({attempt})], condition=_Window.pk.exists())
    except (ConditionFailed, StoreUnavailable):
        return


def _count_somewhere(limit: RateLimit, key: str, instant: int) -> None:
    try:
        retrying_contention(lambda: _count_in_store(limit, key, instant))
    except StoreUnavailable:
        _count_in_memory(limit, key, instant)


def _digest(subject: str) -> str:
    """Subjects are hashed: the table holds no address and no e-mail."""
    return hashlib.sha256(subject.encode()).hexdigest()


def _unique_nanoseconds(now: datetime) -> int:
    """The instant of an attempt; no two attempts may share one, so the digits below the clock's are random."""
    return int(now.timestamp() * 1_000_000) * 1000 + secrets.randbelow(1000)


def _count_in_store(limit: RateLimit, key: str, instant: int) -> None:
    window = _Window(pk=key)
    try:
        update(
            window,
            [
                _Window.attempts.add({instant}),
                _Window.expires_at.set(instant // _NANOSECONDS + limit.window_seconds + 1),
            ],
            condition=_Window.attempts.does_not_exist() | (size(_Window.attempts) < limit.attempts),
        )
    except ConditionFailed as failure:
        attempts = _attempts_of(failure)
        if instant in attempts:
            return
        past = _past(limit, attempts, instant)
        if not past:
            raise TooManyRequests(_seconds_until_free(limit, attempts, instant)) from None
        update(window, [_Window.attempts.delete(past)])
        raise Contended from failure


def _attempts_of(failure: ConditionFailed) -> set[int]:
    stored = _Window.from_old(failure.old).attempts if failure.old else None
    return {int(attempt) for attempt in stored or ()}


def _count_in_memory(limit: RateLimit, key: str, instant: int) -> None:
    attempts = _local_attempts[key]
    attempts.difference_update(_past(limit, attempts, instant))
    if len(attempts) >= limit.attempts:
        raise TooManyRequests(_seconds_until_free(limit, attempts, instant))
    attempts.add(instant)


def _past(limit: RateLimit, attempts: set[int], instant: int) -> set[int]:
    start = instant - limit.window_seconds * _NANOSECONDS
    return {attempt for attempt in attempts if attempt <= start}


def _seconds_until_free(limit: RateLimit, attempts: set[int], instant: int) -> int:
    """Whole seconds, rounded up, until the oldest attempt leaves the window."""
    free_at = min(attempts) + limit.window_seconds * _NANOSECONDS
    return max(1, -(-(free_at - instant) // _NANOSECONDS))
