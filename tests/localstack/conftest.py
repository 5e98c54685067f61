"""LocalStack's own client, and the fixtures of the end-to-end tests."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import localstack_client.session  # type: ignore[import-untyped]
import pytest

from infra.cli import NotUp
from infra.localstack import require_localstack
from tests.e2e.conftest import ann, ben, people, specialist
from tests.e2e.deployed import DeployedStack, deployed_stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["ann", "ben", "people", "specialist"]

Tables = Mapping[str, str]


@pytest.fixture(scope="session", autouse=True)
def localstack() -> Any:
    """The session of localstack-client; skips what is run without `make test-localstack`."""
    try:
        require_localstack()
    except NotUp as reason:
        pytest.skip(str(reason))
    if "BOOKING_E2E_URL" not in os.environ:
        pytest.skip("The tests' stack is deployed by `make test-localstack`.")
    return localstack_client.session.Session()


@pytest.fixture(scope="session")
def stack() -> Iterator[DeployedStack]:
    with deployed_stack() as deployed:
        yield deployed


@pytest.fixture(scope="session")
def dynamodb(localstack: Any) -> "DynamoDBClient":
    client: DynamoDBClient = localstack.client("dynamodb")
    return client


@pytest.fixture(scope="session")
def names(stack: DeployedStack) -> Tables:
    """The tables' names, by logical id."""
    return {output.removesuffix("Name"): value for output, value in stack.outputs().items() if "TableName" in output}
