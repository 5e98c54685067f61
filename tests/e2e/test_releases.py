"""A deployment reaches callers: the functions' alias moves on, also when nothing but a parameter has changed."""

import dataclasses
import warnings

import pytest

from infra.local.stack import Stack
from tests.e2e.deployed import DeployedStack
from tests.e2e.people import People, Person, credentials, good

MINUTES = 7


@pytest.fixture
def deployed_anew(stack: DeployedStack) -> None:
    """The stack with another parameter, from now on: this is the last test of a run."""
    if not isinstance(stack, Stack):
        pytest.skip("whoever has deployed that stack deploys it anew")
    changed = dataclasses.replace(stack, parameters={**stack.parameters, "AccessTokenMinutes": str(MINUTES)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its processes outlive what started them
        changed.up()


def test_a_changed_parameter_reaches_callers(deployed_anew: None, people: People, ann: Person) -> None:
    session = good(people.caller().post("/auth/login", json=credentials(ann.email)))
    assert session["expires_in"] == MINUTES * 60
