"""No function may do more than it needs: with any one action taken away, it no longer does its work."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from infra.local.deployment import stack_name
from tests.e2e.deployed import DeployedStack
from tests.e2e.least_privilege import EXERCISES, Broken, Policies, World
from tests.unit.template_model import Permission, functions

FUNCTIONS = functions()
PERMISSIONS = [permission for function in FUNCTIONS for permission in function.permissions]


@pytest.fixture(scope="module")
def world(stack: DeployedStack) -> Iterator[World]:
    with closing(World(stack)) as world:
        yield world


@pytest.fixture(scope="module")
def policies(stack: DeployedStack) -> Policies:
    return Policies(stack, stack_name())


def test_every_function_with_permissions_is_exercised() -> None:
    assert EXERCISES.keys() == {function.name for function in FUNCTIONS if function.permissions}


@pytest.mark.parametrize("function", EXERCISES)
def test_a_function_does_its_work_with_what_it_is_granted(function: str, world: World) -> None:
    EXERCISES[function](world)


@pytest.mark.parametrize("permission", PERMISSIONS, ids=str)
def test_a_function_cannot_do_its_work_with_less(permission: Permission, world: World, policies: Policies) -> None:
    with policies.without(permission), pytest.raises(Broken):
        EXERCISES[permission.function](world)
