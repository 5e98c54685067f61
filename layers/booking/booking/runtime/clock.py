"""Instants: the clock, and the one form in which instants are stored.

Rules take `now` as an argument; only the outermost edge of a request reads the clock.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def current_instant() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def to_stored(instant: datetime) -> str:
    """The instant as fixed-width UTC text, so that stored instants sort as they follow in time."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_stored(text: str) -> datetime:
    """The inverse of `to_stored`."""
    return datetime.fromisoformat(text)


def microseconds_of(instant: datetime) -> int:
    """Microseconds since 1970, without the rounding of a float."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(microseconds: int) -> datetime:
    """The inverse of `microseconds_of`. Raises `OverflowError`."""
    return _EPOCH + microseconds * _MICROSECOND


def from_epoch_seconds(seconds: float) -> datetime:
    """The inverse of `epoch_seconds`."""
    return datetime.fromtimestamp(seconds, UTC)


def epoch_seconds(instant: datetime) -> int:
    """Whole seconds since 1970, the form that DynamoDB's time to live reads."""
    return int(instant.timestamp())
