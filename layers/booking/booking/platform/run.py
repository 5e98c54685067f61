"""Runs: invocations of functions that no client waits for, by a schedule or a stream.

The lines that a run logs bear the invocation's id as `request_id`, as those of a request do. What it has counted
is in the log and in the totals when it ends: the next one may be long in coming.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from booking.platform import metrics
from booking.platform.log import logger


@contextmanager
def run(context: Any) -> Iterator[None]:
    """What happens inside is one run; `context` is what Lambda says of the invocation."""
    logger.append_keys(request_id=context.aws_request_id)
    try:
        yield
    finally:
        metrics.write_log_line()
        metrics.flush()
