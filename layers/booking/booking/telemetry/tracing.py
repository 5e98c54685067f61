"""Whether invocations are traced, and by what.

They are where the stack is deployed with `TracingMode=Active` and Lambda names a daemon to send traces to. Where
they are not, that costs this question: nothing more is imported, and nothing is done for it.
"""

from functools import cache
from typing import TYPE_CHECKING

from booking.runtime import aws
from booking.runtime.settings import settings

if TYPE_CHECKING:
    from booking.telemetry.xray import Tracer


@cache
def tracer() -> "Tracer | None":
    """The tracer of this execution environment, None where nothing is traced. It watches clients made from then on."""
    daemon = settings().aws_xray_daemon_address
    if settings().tracing_mode != "Active" or not daemon:
        return None
    from booking.telemetry.xray import Tracer  # noqa: PLC0415  # only where it is used

    active = Tracer(daemon)
    active.watch(aws.session())
    return active
