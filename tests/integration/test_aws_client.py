"""The clients of AWS as they behave on the wire: what is tried again, and for how long a call may hang."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ReadTimeoutError

from booking.runtime.aws import CONNECT_TIMEOUT_SECONDS, MAX_ATTEMPTS, READ_TIMEOUT_SECONDS, client
from tests.unit.template_model import GLOBALS

type Sent = list[AWSRequest]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the SDK would have waited, in seconds."""
    waited: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=waited.append))
    return waited


@contextmanager
def on_the_wire(answer: Callable[[int], AWSResponse], attempts: int = MAX_ATTEMPTS) -> Iterator[Sent]:
    """What is sent to DynamoDB; `answer` says how it answers, or raises."""
    sent: Sent = []

    def take(request: AWSRequest, **_: Any) -> AWSResponse:
        sent.append(request)
        return answer(len(sent))

    of = client("dynamodb") if attempts == MAX_ATTEMPTS else client("dynamodb", attempts=attempts)
    events = of.meta.events
    events.register_first("before-send.dynamodb", take)
    try:
        yield sent
    finally:
        events.unregister("before-send.dynamodb", take)


def response(status: int, body: str) -> AWSResponse:
    raw = SimpleNamespace(stream=lambda: iter([body.encode()]))
    return AWSResponse("https://dynamodb.example/", status, HTTPHeaders(), raw)


def throttled(_: int) -> AWSResponse:
    return response(400, '{"__type": "ThrottlingException", "message": "Rate exceeded"}')


def timed_out(_: int) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url="https://dynamodb.example/")


@pytest.mark.parametrize("answer", [throttled, timed_out, lambda _: response(500, "{}")])
def test_a_call_that_may_succeed_later_is_tried_four_times(
    pauses: list[float], answer: Callable[[int], AWSResponse]
) -> None:
    with on_the_wire(answer) as sent, pytest.raises((ClientError, ReadTimeoutError)):
        client("dynamodb").list_tables()

    assert len(sent) == MAX_ATTEMPTS == 4
    assert len(pauses) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("answer", [throttled, timed_out, lambda _: response(500, "{}")])
def test_a_client_with_one_attempt_sends_once(answer: Callable[[int], AWSResponse]) -> None:
    with on_the_wire(answer, attempts=1) as sent, pytest.raises((ClientError, ReadTimeoutError)):
        client("dynamodb", attempts=1).list_tables()

    assert len(sent) == 1


def test_the_first_good_answer_ends_the_attempts(pauses: list[float]) -> None:
    with on_the_wire(lambda number: response(200, '{"TableNames": ["t"]}') if number == 2 else throttled(number)):
        assert client("dynamodb").list_tables()["TableNames"] == ["t"]

    assert len(pauses) == 1


def test_what_cannot_succeed_is_not_tried_again(pauses: list[float]) -> None:
    refusal = response(400, '{"__type": "ValidationException"}')
    with on_the_wire(lambda _: refusal) as sent, pytest.raises(ClientError):
        client("dynamodb").list_tables()

    assert len(sent) == 1
    assert pauses == []


def test_every_attempt_of_a_call_that_hangs_fits_into_a_function() -> None:
    config = client("dynamodb").meta.config

    assert (config.connect_timeout, config.read_timeout) == (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS) == (1, 3)
    assert GLOBALS["Timeout"] > MAX_ATTEMPTS * READ_TIMEOUT_SECONDS


def test_the_sdk_leaves_validation_of_parameters_to_aws() -> None:
    """It takes time in every call, and finds mistakes of ours only."""
    with on_the_wire(lambda _: response(200, "{}")) as sent:
        client("dynamodb").list_tables(Limit="1")

    assert len(sent) == 1


def test_there_is_one_client_of_a_service() -> None:
    assert client("dynamodb") is client("dynamodb")
