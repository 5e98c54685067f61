"""What every end-to-end test is given: the stack, people with accounts, a specialist's open calendar."""

import os
from collections.abc import Iterator

import pytest

from tests.e2e.deployed import MAIL_PORT, DeployedStack, deployed_stack
from tests.e2e.mail_sink import MailSink, mail_sink
from tests.e2e.people import People, Person
from tests.e2e.sending import let_mail_out

PROCESSES = 2
FIRST = (
    *("test_least_privilege.py", "test_sweeps.py", "test_operations.py"),
    *("test_races.py", "test_consistency_checker.py", "test_holds.py"),
)
"""What takes longest, so that all processes end at about the same time; what waits for events, before most of them."""
LAST = "test_releases.py"
"""It deploys the stack anew, otherwise than before."""


def pytest_xdist_auto_num_workers() -> int:
    """Each process deploys a stack of its own; where there is one elsewhere, one test after the other runs on it."""
    return 0 if "BOOKING_E2E_URL" in os.environ else PROCESSES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Orders the modules of this folder; processes take one after the other."""
    names = [*FIRST, "", LAST]
    items.sort(key=lambda item: names.index(item.path.name if item.path.name in names else ""))


@pytest.fixture(scope="session")
def sink() -> Iterator[MailSink]:
    with mail_sink(MAIL_PORT) as sink:
        yield sink


@pytest.fixture(scope="session")
def stack(sink: MailSink) -> Iterator[DeployedStack]:
    """One stack for all tests of a process; every test brings its own people and slots.

    Its mail can be sent from the beginning: what cannot be sent holds up what comes behind it.
    """
    with deployed_stack() as deployed:
        let_mail_out(deployed)
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
