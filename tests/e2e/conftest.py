"""What every end-to-end test is given: the stack, people with accounts, a specialist's open calendar."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.deployed import DeployedStack, deployed_stack
from tests.e2e.people import People, Person


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What deploys the stack anew, otherwise than before, comes last."""
    items.sort(key=lambda item: item.path == Path(__file__).with_name("test_releases.py"))


@pytest.fixture(scope="session")
def stack() -> Iterator[DeployedStack]:
    """One stack for the whole run; every test brings its own people and slots."""
    with deployed_stack() as deployed:
        yield deployed


@pytest.fixture(scope="session")
def people(stack: DeployedStack) -> Iterator[People]:
    with People(stack) as everybody:
        yield everybody


@pytest.fixture(scope="module")
def specialist(people: People) -> Person:
    return people.new("specialist")


@pytest.fixture(scope="module")
def ann(people: People) -> Person:
    return people.new("client")


@pytest.fixture(scope="module")
def ben(people: People) -> Person:
    return people.new("client")
