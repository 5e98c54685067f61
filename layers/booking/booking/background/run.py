"""Runs: invocations of functions that no client waits for, by a schedule or a stream.

The lines that a run logs bear the invocation's id as `request_id`, as those of a request do. What it has counted
is in the log and in the totals when it ends: the next one may be long in coming. Where invocations are traced, so
are runs.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from booking.telemetry import metrics
from booking.telemetry.log import logger
from booking.telemetry.tracing import tracer

if TYPE_CHECKING:
    from booking.telemetry.xray import Outcome


@dataclass(slots=True)
class Run:
    """How an invocation ended; `is_unfinished` says that something is left for the next one."""

    is_unfinished: bool = False


@contextmanager
def run(route: str, context: Any) -> Iterator[Run]:
    """What happens inside is one run; it says on what it is given whether it came to its end.

    `route` is its name in traces, the one that dead letters have as their source; `context` is what Lambda says of
    the invocation.
    """
    started = time.perf_counter()
    logger.append_keys(request_id=context.aws_request_id)
    current = Run()
    outcome: Outcome = "failed"
    try:
        yield current
        outcome = "unfinished" if current.is_unfinished else "ok"
    finally:
        metrics.write_log_line()
        metrics.flush()
        if active := tracer():
            about = {"route": route, "request_id": context.aws_request_id}
            active.record("run", outcome, started, about)
