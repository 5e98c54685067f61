"""The totals as Prometheus text."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from booking.telemetry.metrics import BUCKETS, BUSINESS, DURATION, REQUESTS, Series

_BOUNDS = [*(str(bound) for bound in BUCKETS), "+Inf"]


class _Totals(Collector):
    """The totals as the library reads them."""

    def __init__(self, totals: Mapping[str, Decimal]) -> None:
        self._totals = {Series.parse(text): float(total) for text, total in totals.items()}

    def collect(self) -> Iterator[Metric]:
        """Every metric; business counters also at zero."""
        yield self._requests()
        yield self._durations()
        for name in BUSINESS:
            counter = CounterMetricFamily(name, name.replace("_", " ").capitalize())
            counter.add_metric([], self._totals.get(Series(name), 0))
            yield counter

    def _requests(self) -> Metric:
        family = CounterMetricFamily(REQUESTS, "Requests answered", labels=["method", "path", "status_code"])
        for series, total in self._totals.items():
            if series.name == REQUESTS:
                family.add_metric(series.labels, total)
        return family

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(DURATION, "Time from request to answer", labels=["method", "path"])
        routes: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for series, total in self._totals.items():
            if series.name == DURATION:
                *route, bucket = series.labels
                routes[tuple(route)][bucket] = total
        for labels, counts in routes.items():
            family.add_metric(labels, _cumulative(counts), counts.get("sum", 0))
        return family


def prometheus_text(totals: Mapping[str, Decimal]) -> bytes:
    """The totals in the text format that Prometheus scrapes."""
    registry = CollectorRegistry()
    registry.register(_Totals(totals))
    return generate_latest(registry)


def _cumulative(counts: Mapping[str, float]) -> list[tuple[str, float]]:
    buckets = []
    so_far = 0.0
    for bound in _BOUNDS:
        so_far += counts.get(bound, 0)
        buckets.append((bound, so_far))
    return buckets
