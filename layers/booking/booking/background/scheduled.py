"""What a schedule starts: one bounded run of a sweep, which reports what it did."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from booking.background.run import run
from booking.background.sweep import Bounds, Report
from booking.runtime.clock import current_instant
from booking.telemetry import metrics
from booking.telemetry.log import logger


def run_sweep(
    name: str, sweep: Callable[[datetime, Bounds], Report], context: Any, *, done: str, counter: str, lag: str
) -> dict[str, float]:
    """How often each outcome came about, and how late the sweep was, in seconds; logged, too.

    `context` is what Lambda says of the invocation. The outcome `done` counts as `counter` (one of `metrics.BUSINESS`);
    how late it was is reported as `lag` (one of `metrics.LAGS`).
    """
    with run(f"sweep.{name}", context) as current:
        report = sweep(current_instant(), Bounds(context.get_remaining_time_in_millis))
        current.is_unfinished = report.leaves_something
        summary = {done: 0, **report.outcomes, lag: round(report.lag_seconds, 1)}
        metrics.count(counter, report.outcomes[done])
        metrics.observe_lag(lag, summary[lag])
        logger.info("sweep", extra={"sweep": name, **summary})
    return summary
