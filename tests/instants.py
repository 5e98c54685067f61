"""The moment that tests take for now, and lengths of time."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2030, 3, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
"""The shortest that is told apart."""
