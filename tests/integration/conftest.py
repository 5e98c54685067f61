"""Fixtures: AWS in this process (moto), the stack's tables, a key to sign with, and what is logged."""

import asyncio
import io
import json
import secrets
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from booking import rate_limit
from booking.accounts import passwords
from booking.dynamodb import contention
from booking.runtime.aws import client
from booking.runtime.settings import settings
from booking.telemetry import log, metrics
from infra.app import create_app
from tests.integration.accounts import QUICK
from tests.integration.api import Api
from tests.integration.outside import Outside, everything_outside
from tests.integration.tables import create_tables, empty_tables


@pytest.fixture(scope="session", autouse=True)
def aws() -> Iterator[None]:
    """AWS in this process, with the secret that the stack generates, and its tables."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            keys = json.dumps({"current": secrets.token_hex(32), "previous": ""})
            client("secretsmanager").create_secret(Name=settings().signing_key_secret, SecretString=keys)
            create_tables()
            yield


@pytest.fixture(autouse=True)
def tables(aws: None) -> Iterator[None]:
    """Empty tables for each test."""
    yield
    empty_tables()


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the code would have waited between attempts, in seconds; tests do not wait."""
    waited: list[float] = []
    clock = SimpleNamespace(sleep=waited.append, monotonic=lambda: sum(waited))
    monkeypatch.setattr(contention, "time", clock)
    return waited


@pytest.fixture(autouse=True)
def forgetful_memory() -> Iterator[None]:
    """Neither attempts, metrics nor settings are remembered in memory from one test to the next."""
    settings.cache_clear()
    yield
    rate_limit._local_attempts.clear()
    metrics._pending.clear()
    metrics._emf.clear_metrics()


@pytest.fixture(autouse=True)
def log_stream(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged, as text."""
    stream = io.StringIO()
    monkeypatch.setattr(log.logger.registered_handler, "stream", stream)
    return stream


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters that production hashes with take their time; what is tested is not they."""
    monkeypatch.setattr(passwords, "_hasher", QUICK)


@pytest.fixture
def log_lines(log_stream: io.StringIO) -> Callable[[], list[dict[str, Any]]]:
    """What is logged, line by line."""
    return lambda: [json.loads(line) for line in log_stream.getvalue().splitlines()]


@pytest.fixture
def outside(aws: None) -> Iterator[Outside]:
    """A stack with a sender, a bus and queues, and what they were handed."""
    with everything_outside() as outside:
        yield outside


@pytest.fixture(scope="session")
def api(aws: None) -> Iterator[Api]:
    """All routes in one app."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield Api(create_app(), runner)
