"""GET /metrics on a deployed stack: what all functions have counted, in a form that Prometheus reads."""

import itertools
import re
import time
from collections.abc import Mapping

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.deployed import DeployedStack, name_of
from tests.e2e.functions import physical_name, restart
from tests.e2e.people import People, Person, good

ROUNDS = 8
WITHIN_SECONDS = 15.0  # the flush interval of these tests is one second; the rest is a busy machine
OF_HEALTH = (
    "http_requests_total",
    frozenset({"method": "GET", "path": "/health", "status_code": "200"}.items()),
)
ID = re.compile(r"(usr|spc|slt|bkg|svc|wle)_|@|[A-Za-z0-9_-]{20,}")


def test_totals_add_up_over_functions_and_labels_hold_nothing_that_a_caller_wrote(
    people: People, specialist: Person, ann: Person
) -> None:
    anybody = people.caller()
    before = settled(anybody)

    sent = 0
    for _ in range(ROUNDS):
        slot = specialist.open_slot()
        booking = ann.booked(slot)
        sent += len(
            [
                ann.http.get(f"/bookings/{booking['id']}"),
                ann.http.get("/bookings/bkg_nothing"),
                anybody.get(f"/specialists/{specialist.specialist_id}/services"),
                anybody.get("/health"),
                ann.cancel(booking["id"]),
            ]
        )
        sent += 2

    deadline = time.monotonic() + WITHIN_SECONDS
    while (counted := total(scraped(anybody)) - total(before)) < sent and time.monotonic() < deadline:
        time.sleep(0.3)
    assert counted == sent
    time.sleep(2)
    families = scraped(anybody)
    assert total(families) - total(before) == sent
    print(f"{sent} requests over 7 functions, {counted:.0f} counted")
    for family in families.values():
        for sample in family.samples:
            for name, value in sample.labels.items():
                assert name in {"method", "path", "status_code", "le"}
                assert not ID.search(value.replace("{specialist_id}", "")), sample
    assert confirmed(families) - confirmed(before) == ROUNDS


def test_durations_are_a_histogram(people: People) -> None:
    anybody = people.caller()
    before = series(scraped(anybody)).get(OF_HEALTH, 0)
    good(anybody.get("/health"))

    samples = once_counted(anybody, before + 1)["http_request_duration_seconds"].samples

    of_health = [sample for sample in samples if sample.labels["path"] == "/health"]
    buckets = [sample.value for sample in of_health if sample.name.endswith("_bucket")]
    (count,) = [sample.value for sample in of_health if sample.name.endswith("_count")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == count >= before + 1


def test_counters_only_rise_though_environments_end(people: People, stack: DeployedStack) -> None:
    anybody = people.caller()
    good(anybody.get("/health"))
    seen = [series(settled(anybody))]
    name = physical_name(stack.client("cloudformation"), name_of(stack), "GetHealth")

    for _ in range(2):
        restart(stack.client("lambda"), name)
        good(anybody.get("/health"))
        seen.append(series(once_counted(anybody, seen[-1][OF_HEALTH] + 1)))
    seen.append(series(settled(anybody)))

    for before, after in itertools.pairwise(seen):
        assert {key: value for key, value in before.items() if after.get(key, -1) < value} == {}
    assert [counted[OF_HEALTH] - seen[0][OF_HEALTH] for counted in seen] == [0, 1, 2, 2]


def scraped(anybody: httpx.Client) -> Mapping[str, Metric]:
    answer = anybody.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def once_counted(anybody: httpx.Client, requests: float) -> Mapping[str, Metric]:
    """What is counted once that many requests of GET /health are."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while series(families := scraped(anybody)).get(OF_HEALTH, 0) < requests:
        assert time.monotonic() < deadline, "it is not counted"
        time.sleep(0.3)
    return families


def series(families: Mapping[str, Metric]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The value of each series, by its name and labels."""
    samples = (sample for family in families.values() for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def confirmed(families: Mapping[str, Metric]) -> float:
    """All bookings so far."""
    (sample,) = families["bookings_confirmed"].samples
    return sample.value


def total(families: Mapping[str, Metric]) -> float:
    """All requests but the scrapes."""
    return sum(s.value for s in families["http_requests"].samples if s.labels["path"] != "/metrics")


def settled(anybody: httpx.Client) -> Mapping[str, Metric]:
    """What is counted once everything of the tests before has arrived."""
    before = -1.0
    while total(now := scraped(anybody)) != before:
        before = total(now)
        time.sleep(2.5)
    return now
