"""The totals as Prometheus text."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from booking.telemetry.metrics import BUCKETS, BUSINESS, DURATION, REQUESTS, name_and_labels

_BOUNDS = [*(str(bound) for bound in BUCKETS), "+Inf"]


class _Totals(Collector):
    """The totals as the library reads them."""

    def __init__(self, totals: Mapping[str, Decimal]) -> None:
        self._totals: defaultdict[str, list[tuple[Sequence[str], float]]] = defaultdict(list)
        for text, total in totals.items():
            name, labels = name_and_labels(text)
            self._totals[name].append((labels, float(total)))

    def collect(self) -> Iterator[Metric]:
        """Every metric; business counters also at zero."""
        yield self._requests()
        yield self._durations()
        for name in BUSINESS:
            total = sum(total for _, total in self._totals[name])
            yield CounterMetricFamily(name, name.replace("_", " ").capitalize(), value=total)

    def _requests(self) -> Metric:
        family = CounterMetricFamily(REQUESTS, "Requests answered", labels=["method", "path", "status_code"])
        for labels, total in self._totals[REQUESTS]:
            family.add_metric(labels, total)
        return family

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(DURATION, "Time from request to answer", labels=["method", "path"])
        routes: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for (*route, bucket), total in self._totals[DURATION]:
            routes[tuple(route)][bucket] = total
        for labels, counts in routes.items():
            up_to_each = accumulate(counts.get(bound, 0) for bound in _BOUNDS)
            family.add_metric(labels, list(zip(_BOUNDS, up_to_each, strict=True)), counts.get("sum", 0))
        return family


def prometheus_text(totals: Mapping[str, Decimal]) -> bytes:
    """The totals in the text format that Prometheus scrapes."""
    return generate_latest(_Totals(totals))
