"""The end of an execution environment: what it has counted is kept, and where nobody tells it, nothing is worse."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Thread, Timer

import pytest

from booking.runtime import termination
from booking.runtime.settings import settings
from booking.runtime.termination import EXTENSION, before_the_end
from tests.integration.execution_environment import (
    EXTENSIONS,
    IDENTIFIER,
    PATIENCE_SECONDS,
    REGISTERED,
    RUNTIME,
    ExecutionEnvironment,
    ExtensionsApi,
    execution_environment,
)

ENDED_BY_SIGTERM = 128 + signal.SIGTERM
WITHOUT_EXTENSIONS = [kind for kind in ExtensionsApi if kind is not ExtensionsApi.THERE]


def test_what_was_counted_is_added_before_the_end() -> None:
    with execution_environment("ops.get_health.handler") as environment:
        assert environment.invoke("GET", "/health")["statusCode"] == 200
        assert environment.calls == []

        environment.tell_to_end()

        assert environment.status() == ENDED_BY_SIGTERM
        assert added(environment)["http_requests_total|GET|/health|200"] == "1"


def test_what_is_just_being_added_is_waited_for_and_added_once() -> None:
    with execution_environment("ops.get_health.handler", {"METRICS_FLUSH_SECONDS": "1"}) as environment:
        environment.aws_answers.clear()
        environment.invoke("GET", "/health")
        eventually(lambda: environment.calls)

        environment.tell_to_end()
        time.sleep(0.3)

        assert environment.is_running
        environment.aws_answers.set()
        assert environment.status() == ENDED_BY_SIGTERM
        assert added(environment)["http_requests_total|GET|/health|200"] == "1"


def test_a_timer_of_a_frozen_environment_fires_beside_the_next_invocation_which_waits_for_it() -> None:
    with execution_environment("ops.get_health.handler", {"METRICS_FLUSH_SECONDS": "3"}) as environment:
        environment.invoke("GET", "/health")
        environment.freeze()
        time.sleep(3.2)
        assert environment.calls == []

        environment.aws_answers.clear()
        environment.thaw()
        Timer(0.3, environment.aws_answers.set).start()
        started = time.monotonic()
        environment.invoke("GET", "/health")

        assert time.monotonic() - started >= 0.25
        assert added(environment)["http_requests_total|GET|/health|200"] == "1"


def test_an_environment_that_has_counted_nothing_just_ends() -> None:
    with execution_environment("ops.get_health.handler") as environment:
        eventually(lambda: f"GET {RUNTIME}/next" in environment.asked)

        environment.tell_to_end()

        assert environment.status() == ENDED_BY_SIGTERM
        assert environment.calls == []


def test_it_is_registered_for_no_events_before_it_asks_for_its_first_invocation() -> None:
    with execution_environment("ops.get_health.handler") as environment:
        environment.invoke("GET", "/health")
        eventually(lambda: f"GET {EXTENSIONS}/event/next" in environment.asked)

        about = {line: (headers, body) for line, headers, body in environment.requests}
        assert environment.asked.index(REGISTERED) < environment.asked.index(f"GET {RUNTIME}/next")
        headers, body = about[f"POST {EXTENSIONS}/register"]
        assert (headers["Lambda-Extension-Name"], json.loads(body)) == (EXTENSION, {"events": []})
        headers, _ = about[f"GET {EXTENSIONS}/event/next"]
        assert headers["Lambda-Extension-Identifier"] == IDENTIFIER


def test_it_is_not_registered_where_the_deployer_keeps_the_question_back() -> None:
    with execution_environment("ops.get_health.handler", {"NOTICE_OF_TERMINATION": "Disabled"}) as environment:
        assert environment.invoke("GET", "/health")["statusCode"] == 200
        assert not [line for line in environment.asked if EXTENSIONS in line]


@pytest.mark.parametrize("extensions", WITHOUT_EXTENSIONS, ids=lambda kind: kind.name.lower())
def test_where_there_are_no_extensions_it_serves_and_ends_all_the_same(extensions: ExtensionsApi) -> None:
    with execution_environment("ops.get_health.handler", extensions=extensions) as environment:
        assert environment.invoke("GET", "/health")["statusCode"] == 200
        assert f"GET {EXTENSIONS}/event/next" not in environment.asked

        environment.tell_to_end()

        assert environment.status() == ENDED_BY_SIGTERM
        assert added(environment)["http_requests_total|GET|/health|200"] == "1"


def test_only_the_main_thread_can_be_told() -> None:
    before = signal.getsignal(signal.SIGTERM)

    thread = Thread(target=before_the_end, args=(lambda: None,))
    thread.start()
    thread.join()

    assert signal.getsignal(signal.SIGTERM) is before


def test_the_environment_goes_on_as_soon_as_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(termination, "LONGEST_WAIT_SECONDS", 30)
    chosen = replace(settings(), notice_of_termination="Active", aws_lambda_runtime_api="127.0.0.1:9")
    monkeypatch.setattr(termination, "settings", lambda: chosen)
    monkeypatch.setattr(termination, "_register", lambda _connection: None)
    started = time.monotonic()

    termination._ask_for_notice()

    assert time.monotonic() - started < 10


def added(environment: ExecutionEnvironment) -> dict[str, str]:
    """What was added to the totals in the one call to AWS, by series."""
    ((target, parameters),) = environment.calls
    assert target == "DynamoDB_20120810.UpdateItem"
    assert parameters["Key"] == {"kind": {"S": "totals"}, "function": {"S": "the-function"}}
    names, values = parameters["ExpressionAttributeNames"], parameters["ExpressionAttributeValues"]
    return {series: values[f":{name.removeprefix('#')}"]["N"] for name, series in names.items()}


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
