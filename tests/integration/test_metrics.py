"""Metrics: what is counted in memory reaches the shared totals, and `GET /metrics` sums them up."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.awsrequest import AWSRequest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from booking.api import observation
from booking.background import shards
from booking.bookings.create import Wish, create_booking
from booking.bookings.expire import EXPIRY
from booking.bookings.lapse import LAPSES
from booking.bookings.rules import Booking
from booking.errors import TooManyRequests
from booking.notifications.reminders import REMINDERS
from booking.rate_limit import RateLimit, count_attempt
from booking.runtime.aws import client
from booking.runtime.settings import settings
from booking.slots.errors import SlotAlreadyBooked
from booking.telemetry import metric_totals, metrics
from booking.telemetry.metric_totals import read_totals
from queues import work_off_shards
from streams import publish_events
from tests.integration.api import Api, an_invocation
from tests.integration.execution_environment import PATIENCE_SECONDS
from tests.integration.outside import everything_outside
from tests.integration.people import HOUR, MINUTE, NOW, a_booking, a_client, a_slot, a_specialist
from tests.integration.sending import send_queued
from tests.integration.sweeps import dispatched
from tests.integration.tables import booking_item, change_stored, stored

type Clock = Callable[[datetime], None]


def test_a_business_counter_is_added_to_the_totals() -> None:
    metrics.count("bookings_confirmed")
    metrics.count("bookings_confirmed", 2)
    metrics.flush()
    metrics.count("bookings_confirmed")
    metrics.flush()

    [totals] = stored("metrics")
    assert totals["bookings_confirmed"] == 4


def test_nothing_pending_writes_nothing() -> None:
    metrics.flush()

    assert stored("metrics") == []


def refusal(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "UpdateItem")


NOT_ADDED = {
    "not connected": EndpointConnectionError(endpoint_url="https://dynamodb.example/"),
    "not connected in time": ConnectTimeoutError(endpoint_url="https://dynamodb.example/"),
    "throttled": refusal("ThrottlingException", 400),
}
PERHAPS_ADDED = {
    "no answer": ReadTimeoutError(endpoint_url="https://dynamodb.example/"),
    "half an answer": ConnectionClosedError(endpoint_url="https://dynamodb.example/"),
    "a server error": refusal("InternalServerError", 500),
    "an answer that is none": ResponseParserError(),
}


@contextmanager
def sending_totals_ends_in(outcome: Exception) -> Iterator[list[AWSRequest]]:
    """What is sent to the totals."""
    sent: list[AWSRequest] = []

    def take(request: AWSRequest, **_: Any) -> None:
        sent.append(request)
        raise outcome

    events = client("dynamodb", attempts=1).meta.events
    events.register_first("before-send.dynamodb", take)
    try:
        yield sent
    finally:
        events.unregister("before-send.dynamodb", take)


@pytest.mark.parametrize("outcome", NOT_ADDED.values(), ids=NOT_ADDED)
def test_what_surely_was_not_added_is_added_later(outcome: Exception) -> None:
    metrics.count("bookings_confirmed", 2)
    with sending_totals_ends_in(outcome) as sent:
        metrics.flush()

    metrics.flush()

    assert len(sent) == 1
    assert stored("metrics")[0]["bookings_confirmed"] == 2


@pytest.mark.parametrize("outcome", PERHAPS_ADDED.values(), ids=PERHAPS_ADDED)
def test_what_may_have_been_added_is_sent_only_once(outcome: Exception, log_lines: Any) -> None:
    metrics.count("bookings_confirmed", 2)
    with sending_totals_ends_in(outcome) as sent:
        metrics.flush()

    metrics.flush()

    assert len(sent) == 1
    assert stored("metrics") == []
    (line,) = [line for line in log_lines() if "could not be added" in line["message"]]
    assert (line["lost"], line["exception_name"]) == (True, type(outcome).__name__)


def test_what_fails_of_many_series_does_not_add_the_others_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_totals, "MOST_SERIES_A_WRITE", 1)
    add, outcomes = metric_totals._add, iter([None, NOT_ADDED["not connected"], None])

    def add_or_fail(amounts: Any) -> None:
        if isinstance(failure := next(outcomes), Exception):
            raise failure
        add(amounts)

    monkeypatch.setattr(metric_totals, "_add", add_or_fail)
    metrics.count("bookings_confirmed")
    metrics.count("bookings_expired")
    metrics.flush()
    metrics.flush()

    [totals] = stored("metrics")
    assert (totals["bookings_confirmed"], totals["bookings_expired"]) == (1, 1)


def test_an_invocation_ends_after_a_flush_that_runs_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the environment could be frozen halfway."""
    under_way, done = Event(), []

    def slowly(_: Any) -> dict[str, float]:
        under_way.set()
        time.sleep(0.1)
        done.append(1)
        return {}

    monkeypatch.setattr(metric_totals, "add_to_totals", slowly)
    metrics.count("bookings_confirmed")
    flush = Thread(target=metrics.flush)
    flush.start()
    under_way.wait()

    metrics.write_log_line()

    assert done == [1]
    flush.join()


def test_an_invocation_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, answered = Event(), Event()

    def never_answered(_: Any) -> dict[str, float]:
        under_way.set()
        answered.wait()
        return {}

    monkeypatch.setattr(metric_totals, "add_to_totals", never_answered)
    metrics.count("bookings_confirmed")
    flush = Thread(target=metrics.flush)
    flush.start()
    under_way.wait()
    started = time.perf_counter()

    metrics.write_log_line()

    waited = time.perf_counter() - started
    answered.set()
    flush.join()
    assert metrics.LONGEST_WAIT_FOR_FLUSH_SECONDS <= waited < PATIENCE_SECONDS


@pytest.fixture
def count_as(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """What is counted from now on is counted by the function of this name."""

    def become(function: str) -> None:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
        settings.cache_clear()

    yield become
    settings.cache_clear()


def test_the_page_sums_over_functions(api: Api, count_as: Callable[[str], None]) -> None:
    for function, confirmed in {"create": 5, "cancel": 7, "reschedule": 11}.items():
        count_as(function)
        metrics.count("bookings_confirmed", confirmed)
        metrics.flush()

    assert {item["function"]: item["bookings_confirmed"] for item in stored("metrics")} == {
        "create": 5,
        "cancel": 7,
        "reschedule": 11,
    }
    assert "bookings_confirmed_total 23.0" in api.request("GET", "/metrics").text.splitlines()


def test_the_page_shows_routes_by_template(api: Api) -> None:
    client = a_client()
    for _ in range(3):
        api.request("GET", "/bookings/unknown", client)
    metrics.flush()

    response = api.request("GET", "/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert 'http_requests_total{method="GET",path="/bookings/{id}",status_code="404"} 3.0' in lines
    assert 'http_request_duration_seconds_bucket{le="+Inf",method="GET",path="/bookings/{id}"} 3.0' in lines
    assert client.user_id not in response.text


@pytest.mark.parametrize(("seconds", "bucket"), [(0.25, "0.25"), (0.25044, "0.5")])
def test_a_requests_duration_is_the_time_from_request_to_answer(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: Any,
    capsys: Any,
    seconds: float,
    bucket: str,
) -> None:
    ticks = iter([100.0, 100.0 + seconds])
    monkeypatch.setattr(observation, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))

    api.request("GET", "/health")

    metrics.flush()
    (line,) = [line for line in log_lines() if line["message"] == "request"]
    assert emitted(capsys, "http_request_duration_seconds") == []
    histogram = {name.rpartition("|")[2]: float(total) for name, total in read_totals().items() if "duration" in name}
    assert line["duration_ms"] == float(f"{seconds * 1000:.1f}")
    assert histogram == {bucket: 1, "sum": pytest.approx(seconds)}


def emitted(capsys: Any, name: str) -> list[float]:
    """What CloudWatch was told of a metric, line by line."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [value for line in lines for value in line.get(name, [])]


def a_conflict(_: Clock) -> None:
    booking = a_booking(a_specialist(), a_client())
    with pytest.raises(SlotAlreadyBooked):
        create_booking(a_client(), Wish(booking.slot_id), NOW)


def a_repeated_booking(_clock: Clock) -> None:
    """One booking, though it is asked for twice."""
    slot, client = a_slot(a_specialist()), a_client()
    for _repeat in range(2):
        create_booking(client, Wish(slot.id, key="mine"), NOW)


def a_repeated_hold(_clock: Clock) -> None:
    slot, client = a_slot(a_specialist()), a_client()
    for _repeat in range(2):
        create_booking(client, Wish(slot.id, key="mine"), NOW, hold_seconds=60)


def a_hold_that_lapses(clock: Clock) -> None:
    create_booking(a_client(), Wish(a_slot(a_specialist()).id), NOW, hold_seconds=60)
    clock(NOW + 2 * MINUTE)
    for _ in range(2):
        work_off_shards.handler(dispatched(LAPSES), an_invocation())


def two_expiries(clock: Clock) -> None:
    for _ in range(2):
        a_booking(a_specialist(), a_client())
    clock(NOW + HOUR + MINUTE)
    work_off_shards.handler(dispatched(EXPIRY), an_invocation())


def two_reminders(clock: Clock) -> None:
    for _ in range(2):
        a_booking(a_specialist(), a_client())
    clock(NOW)
    for _ in range(2):
        work_off_shards.handler(dispatched(REMINDERS), an_invocation())


def publish(booking: Booking, clock: Clock) -> None:
    image = booking_item(booking.id)
    clock(NOW)
    change = {
        "NewImage": {name: TypeSerializer().serialize(value) for name, value in image.items()},
        "SequenceNumber": "1",
        "ApproximateCreationDateTime": NOW.timestamp(),
    }
    publish_events.handler({"Records": [{"eventID": booking.id, "dynamodb": change}]}, an_invocation())


def a_booking_that_is_published_twice(clock: Clock) -> None:
    """With one event, and mail to its client and its specialist."""
    booking = a_booking(a_specialist(), a_client())
    for _ in range(2):
        publish(booking, clock)


def mail_to_an_address_that_cannot_be_sent_to(clock: Clock) -> None:
    publish(a_booking(a_specialist(), replace(a_client(), email="b\u00fccher@example.com")), clock)


def a_day_with_one_mail_too_many(clock: Clock) -> None:
    client = a_client()
    for _ in range(settings().mail_unverified_max_per_day + 1):
        publish(a_booking(a_specialist(), client), clock)


def an_attempt_too_many(_: Clock) -> None:
    limit = RateLimit("login", 1, 60)
    count_attempt(limit, "192.0.2.1", NOW)
    with pytest.raises(TooManyRequests):
        count_attempt(limit, "192.0.2.1", NOW)


def an_item_that_cannot_be_worked_on(clock: Clock) -> None:
    change_stored("bookings", {"booking_id": a_booking(a_specialist(), a_client()).id}, slot_end_at="the day after")
    clock(NOW + HOUR + MINUTE)
    work_off_shards.handler(dispatched(EXPIRY), an_invocation())


def a_sweep_whose_time_is_short(clock: Clock) -> None:
    a_booking(a_specialist(), a_client())
    clock(NOW + HOUR + MINUTE)
    work_off_shards.handler(dispatched(EXPIRY), an_invocation(lambda: 0))


HAPPENINGS: dict[str, tuple[Callable[[Clock], None], int]] = {
    "bookings_held": (a_repeated_hold, 1),
    "bookings_confirmed": (a_repeated_booking, 1),
    "bookings_conflicts": (a_conflict, 1),
    "bookings_expired": (two_expiries, 2),
    "holds_lapsed": (a_hold_that_lapses, 1),
    "reminders_sent": (two_reminders, 2),
    "rate_limited": (an_attempt_too_many, 1),
    "notifications_sent": (a_booking_that_is_published_twice, 2),
    "sweeps_unfinished": (a_sweep_whose_time_is_short, 1),
    "events_published": (a_booking_that_is_published_twice, 1),
    "dead_letters": (an_item_that_cannot_be_worked_on, 1),
    "mail_refused": (mail_to_an_address_that_cannot_be_sent_to, 1),
    "mail_withheld": (a_day_with_one_mail_too_many, 1),
}


def test_something_happens_here_for_every_counter_that_monitoring_reads() -> None:
    assert HAPPENINGS.keys() == set(metrics.BUSINESS)


@pytest.mark.parametrize("name", HAPPENINGS)
def test_what_happens_is_counted_once_for_prometheus_and_for_cloudwatch(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def clock(now: datetime) -> None:
        for module in (shards, publish_events):
            monkeypatch.setattr(module, "current_instant", lambda: now)

    happen, times = HAPPENINGS[name]

    with everything_outside() as outside:
        happen(clock)
        send_queued(outside)

    metrics.write_log_line()
    metrics.flush()
    assert read_totals()[name] == times
    assert sum(emitted(capsys, name)) == times


def test_cloudwatch_is_told_of_routes_where_somebody_asks_for_it_and_of_all_else_without_them(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("ROUTE_METRICS", "Active")
    settings.cache_clear()
    metrics.count("rate_limited")

    api.request("GET", "/health")

    of_route, others = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert set(of_route["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]) == {"service", "route"}
    assert (of_route["route"], len(of_route["http_request_duration_seconds"])) == ("GET /health", 1)
    assert others["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert "http_request_duration_seconds" not in others


def test_a_stack_that_is_not_monitored_tells_cloudwatch_nothing_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")

    for _ in range(101):  # of a hundred values the library writes a line by itself
        metrics.count("rate_limited")
    metrics.observe_lag("expiry_lag_seconds", 1)

    metrics.write_log_line()
    metrics.flush()
    assert (capsys.readouterr().out, metrics._emf.metric_set) == ("", {})
    assert read_totals() == {"rate_limited": 101}


def test_buckets_of_the_histogram_are_three_a_decade() -> None:
    decades = [figure * 10.0**power for power in range(-3, 2) for figure in (1, 2.5, 5)]
    assert list(metrics.BUCKETS) == pytest.approx([bound for bound in decades if 0.005 <= bound <= 10])
