"""Trying again while others write to the same items: the only place that does, with one budget of time."""

import random
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from booking.dynamodb.errors import Contended
from booking.errors import StoreUnavailable

CONTENTION_BUDGET_SECONDS = 5.0
FIRST_DELAY_SECONDS = 0.02
LONGEST_DELAY_SECONDS = 0.4

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def retrying_contention[R](attempt: Callable[[], R]) -> R:
    """Runs `attempt` again while it raises `Contended`, with full jitter, for `CONTENTION_BUDGET_SECONDS` in all.

    Inside of another attempt the time that is left of that one's budget counts, so that retries add up to one
    budget however they nest. Raises `StoreUnavailable` when the time is used up.
    """
    deadline = _deadline.get() or time.monotonic() + CONTENTION_BUDGET_SECONDS
    token = _deadline.set(deadline)
    try:
        for delay in _delays():
            try:
                return attempt()
            except Contended:
                if time.monotonic() + delay >= deadline:
                    break
                time.sleep(delay)
        raise StoreUnavailable
    finally:
        _deadline.reset(token)


def _delays() -> Iterator[float]:
    longest = FIRST_DELAY_SECONDS
    while True:
        yield random.uniform(0, longest)  # noqa: S311  # jitter, not a secret
        longest = min(2 * longest, LONGEST_DELAY_SECONDS)
