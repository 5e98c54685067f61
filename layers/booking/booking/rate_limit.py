"""Rate limits that hold over all execution environments: a sliding window, exact, in one write.

The attempts of a window are a set of instants in one item. An attempt adds its instant under the
condition that the set is not full; a full set is the refusal, and the oldest instant in it says when
the next attempt is free. Nothing is counted twice: adding the same instant again changes nothing.
"""

import secrets
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from ipaddress import IPv4Address, ip_address

from pynamodb.attributes import NumberSetAttribute
from pynamodb.expressions.condition import size

from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.ephemeral import EphemeralItem, hash_of
from booking.dynamodb.errors import ConditionFailed, Contended
from booking.dynamodb.items import update
from booking.errors import StoreUnavailable, TooManyRequests
from booking.runtime.clock import microseconds_of
from booking.runtime.settings import settings
from booking.telemetry.metrics import count

_NANOSECONDS = 1_000_000_000
_NETWORK_BYTES = 8
_local_attempts: dict[str, set[int]] = defaultdict(set)


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


def count_attempt(what: str, subject: str, now: datetime, *, most: int) -> int:
    """Counts one attempt of the subject (a source, an account) at `what`, and names it for `forget_attempt`.

    Raises `TooManyRequests` if there were `most` already in the last `AUTH_RATE_LIMIT_WINDOW_SECONDS`. While the store
    is out of reach, this execution environment counts for itself.
    """
    key = _key(what, subject)
    instant = _unique_nanoseconds(now)
    try:
        _count_somewhere(key, instant, most)
    except TooManyRequests:
        count("rate_limited")
        raise
    return instant


def forget_attempt(what: str, subject: str, attempt: int) -> None:
    """The attempt counts no longer; it goes on counting if the store cannot be reached now."""
    key = _key(what, subject)
    if key in _local_attempts:
        _local_attempts[key].discard(attempt)
    with suppress(ConditionFailed, StoreUnavailable):
        update(_Window(pk=key), [_Window.attempts.delete({attempt})], condition=_Window.pk.exists())


def _key(what: str, subject: str) -> str:
    return f"rate#{what}#{hash_of(subject)}"


def _unique_nanoseconds(now: datetime) -> int:
    """The instant of an attempt; no two attempts may share one, so the digits below the clock's are random."""
    return microseconds_of(now) * 1000 + secrets.randbelow(1000)


def _count_somewhere(key: str, instant: int, most: int) -> None:
    try:
        retrying_contention(lambda: _count_in_store(key, instant, most))
    except StoreUnavailable:
        _count_in_memory(key, instant, most)


def _count_in_store(key: str, instant: int, most: int) -> None:
    window = _Window(pk=key)
    expires_at = (instant + _window_nanoseconds()) // _NANOSECONDS + 1
    try:
        update(
            window,
            [_Window.attempts.add({instant}), _Window.expires_at.set(expires_at)],
            condition=_Window.attempts.does_not_exist() | (size(_Window.attempts) < most),
        )
    except ConditionFailed as failure:
        attempts = _attempts_of(failure)
        if instant in attempts:
            return
        past = _past(attempts, instant)
        if not past:
            raise TooManyRequests(_seconds_until_free(attempts, instant)) from None
        update(window, [_Window.attempts.delete(past)])
        raise Contended from failure


def _attempts_of(failure: ConditionFailed) -> set[int]:
    stored = _Window.from_old(failure.old).attempts if failure.old else None
    return {int(attempt) for attempt in stored or ()}


def _count_in_memory(key: str, instant: int, most: int) -> None:
    attempts = _local_attempts[key]
    attempts.difference_update(_past(attempts, instant))
    if len(attempts) >= most:
        raise TooManyRequests(_seconds_until_free(attempts, instant))
    attempts.add(instant)


def _past(attempts: set[int], instant: int) -> set[int]:
    """Those that have left the window."""
    return {attempt for attempt in attempts if attempt <= instant - _window_nanoseconds()}


def _seconds_until_free(attempts: set[int], instant: int) -> int:
    """Whole seconds, rounded up, until the oldest attempt leaves the window."""
    free_at = min(attempts) + _window_nanoseconds()
    return max(1, -(-(free_at - instant) // _NANOSECONDS))


def _window_nanoseconds() -> int:
    return settings().auth_rate_limit_window_seconds * _NANOSECONDS
