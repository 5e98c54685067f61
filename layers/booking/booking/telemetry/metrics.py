"""Metrics: counted in memory, added to the shared totals now and then, and logged for CloudWatch.

Counting costs a dictionary entry. `METRICS_FLUSH_SECONDS` after the first count an execution environment adds
what it has counted to its function's totals in the metrics table, by a timer in the background, and once more when
it is told to end (`booking.runtime.termination`); so the totals of `GET /metrics` are summed over all functions
and environments, and only rise. Nothing is counted twice. Lost is what was counted since the last flush when an
environment dies (killed, out of memory, no time left for the table's answer), and what a flush sent without learning
whether it was added. For CloudWatch what an invocation has counted is a line of the log (embedded metric format), where
the stack is monitored: elsewhere `POWERTOOLS_METRICS_DISABLED` says so, since each metric there costs by the month. Of
requests it knows by the gateway's own metrics; by route only with `ROUTE_METRICS`.

Lambda freezes an environment between invocations, timers included: one that is due then fires beside the next
invocation. So the totals of an idle function lag behind by what it counted last, until its next invocation or its
environment's end. An invocation waits for a flush that runs beside it (`write_log_line`), which would else be frozen
halfway.

Labels are words that we choose (method, route template, status), never what a caller writes.
"""

import threading
from collections import defaultdict

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled

from booking.runtime.settings import settings

LONGEST_WAIT_FOR_FLUSH_SECONDS = 0.5
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
REQUESTS = "http_requests_total"
DURATION = "http_request_duration_seconds"
BUSINESS = (
    "bookings_held",
    "bookings_confirmed",
    "bookings_conflicts",
    "bookings_expired",
    "holds_lapsed",
    "reminders_sent",
    "rate_limited",
    "notifications_sent",
    "mail_refused",
    "mail_withheld",
    "events_published",
    "dead_letters",
    "sweeps_unfinished",
)
LAGS = ("lapse_lag_seconds", "expiry_lag_seconds", "reminder_lag_seconds")
_SEPARATOR = "|"

_emf = Metrics()
_lock = threading.RLock()  # reentrant, like the other: a signal's handler may interrupt whoever holds it
_flushing = threading.RLock()
_pending: dict[str, float] = defaultdict(float)
_timer: threading.Timer | None = None


def series(name: str, *labels: str) -> str:
    """What a total counts, as it is stored: a metric's name and the values of its labels."""
    return _SEPARATOR.join((name, *labels))


def name_and_labels(of: str) -> tuple[str, list[str]]:
    """The inverse of `series`."""
    name, *labels = of.split(_SEPARATOR)
    return name, labels


def count(name: str, amount: int = 1) -> None:
    """Counts something that happened, one of `BUSINESS`."""
    if amount:
        _add(name, amount)
        _report_to_cloudwatch(name, MetricUnit.Count, amount)


def observe_lag(name: str, seconds: float) -> None:
    """Reports to CloudWatch how late a sweep was, one of `LAGS`. A lag is no total: `GET /metrics` leaves it out.

    That nothing was due is told by silence, so that a stack at rest has no metric that costs.
    """
    if seconds:
        _report_to_cloudwatch(name, MetricUnit.Seconds, seconds)


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Counts a request and how long it took; `route` is its template."""
    _add(series(REQUESTS, method, route, str(status)), 1)
    bucket = next((str(bound) for bound in BUCKETS if seconds <= bound), "+Inf")
    _add(series(DURATION, method, route, bucket), 1)
    _add(series(DURATION, method, route, "sum"), seconds)
    if settings().route_metrics == "Active":
        _report_route_to_cloudwatch(f"{method} {route}", seconds)


def _report_to_cloudwatch(name: str, unit: MetricUnit, amount: float) -> None:
    """The library itself keeps what is added while it is disabled, and writes it when that has become a lot."""
    if not is_metrics_disabled():
        _emf.add_metric(name, unit, amount)


def _report_route_to_cloudwatch(name: str, seconds: float) -> None:
    """In a line of its own: what else was counted is not reported by route."""
    of_route = EphemeralMetrics()
    of_route.add_dimension("route", name)
    of_route.add_metric(DURATION, MetricUnit.Seconds, seconds)  # and their number: CloudWatch counts a metric's samples
    of_route.flush_metrics()


def write_log_line() -> None:
    """An invocation ends: writes what it has counted as one line for CloudWatch.

    Then waits for a flush in the background, at most `LONGEST_WAIT_FOR_FLUSH_SECONDS`.
    """
    if _emf.metric_set:
        _emf.flush_metrics()
    if _flushing.acquire(timeout=LONGEST_WAIT_FOR_FLUSH_SECONDS):
        _flushing.release()


def flush() -> None:
    """Adds what is pending to the function's totals, after what another thread is just adding.

    A failure is logged and costs no request; what surely was not added is pending again.
    """
    with _flushing:
        amounts = _withdraw_pending()
        if not amounts or not settings().metrics_table:
            return
        from booking.telemetry.metric_totals import add_to_totals  # noqa: PLC0415  # not before it is needed

        for missing, amount in add_to_totals(amounts).items():
            _add(missing, amount)


def _withdraw_pending() -> dict[str, float]:
    """What is pending, which then is no longer."""
    global _timer  # noqa: PLW0603  # this module's clock
    with _lock:
        amounts = dict(_pending)
        _pending.clear()
        if _timer:
            _timer.cancel()
        _timer = None
    return amounts


def _add(what: str, amount: float) -> None:
    global _timer  # noqa: PLW0603  # this module's clock
    with _lock:
        _pending[what] += amount
        if _timer is None:
            _timer = threading.Timer(settings().metrics_flush_seconds, flush)
            _timer.daemon = True
            _timer.start()
