"""How often a source, an address or an account may try what proves or recovers an account."""

from datetime import datetime

from booking.rate_limit import RateLimit, count_attempt
from booking.runtime.settings import settings


def count_recovery_attempt(what: str, subject: str, now: datetime) -> None:
    """Counts one attempt at `what`. Raises `TooManyRequests`."""
    limit = RateLimit(what, settings().auth_recovery_max_attempts, settings().auth_rate_limit_window_seconds)
    count_attempt(limit, subject, now)
