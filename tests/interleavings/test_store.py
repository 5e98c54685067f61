"""The store in memory answers as moto does."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from booking.errors import BookingError
from booking.runtime import aws
from tests.integration.tables import create_tables
from tests.interleavings.operations import operations
from tests.interleavings.scheduler import calling
from tests.interleavings.store import Store
from tests.interleavings.world import a_morning

_client_of_the_sdk = aws.client  # before anything stands in for it
_NOT_COMPARED = {"ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics", "UnprocessedKeys"}


class Twins(Store):
    """Carries each call out on both, and compares the answers."""

    def __init__(self, other: Any) -> None:
        super().__init__()
        self.other = other
        self.calls = 0

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.calls += 1
        theirs, _ = _answer(lambda: self.other._make_api_call(operation, dict(parameters)))
        ours, given = _answer(lambda: super(Twins, self).call(operation, parameters))
        assert ours == theirs, (operation, parameters)
        return given()


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """DynamoDB as the integration tests have it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        create_tables()
        yield _client_of_the_sdk("dynamodb")


@pytest.mark.parametrize("seed", range(3))
def test_operations_get_the_same_answers_as_from_moto(moto: Any, seed: int) -> None:
    twins = Twins(moto)

    with calling(twins):
        found = list(operations(a_morning()).values())
        Random(seed).shuffle(found)
        for operation in found:
            with suppress(BookingError):
                operation.run()

    assert twins.calls > 80


def _answer(call: Callable[[], dict[str, Any]]) -> tuple[Any, Callable[[], dict[str, Any]]]:
    """What can be compared of an answer, and a way to give it."""
    try:
        answer = call()
    except ClientError as error:
        return _comparable(_told(error)), partial(_raise, error)
    return _comparable(answer), lambda: answer


def _raise(error: ClientError) -> dict[str, Any]:
    raise error


def _told(error: ClientError) -> Any:
    """The code, and the reasons of a cancelled transaction without their sentences."""
    reasons = error.response.get("CancellationReasons", [])
    told = [{name: value for name, value in reason.items() if name != "Message"} for reason in reasons]
    return error.response["Error"]["Code"], error.response.get("Item"), told


def _comparable(part: Any) -> Any:
    """Sets have no order, and numbers no spelling."""
    if isinstance(part, dict):
        kept = {name: value for name, value in part.items() if name not in _NOT_COMPARED}
        return {name: _comparable_value(name, value) for name, value in kept.items()}
    return [_comparable(one) for one in part] if isinstance(part, list | tuple) else part


def _comparable_value(name: str, value: Any) -> Any:
    if name in {"SS", "NS"}:
        return sorted(value)
    return Decimal(value) if name == "N" else _comparable(value)
