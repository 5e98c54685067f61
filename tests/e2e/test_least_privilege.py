"""No function may do more than it needs: with any one action taken away, it no longer does its work."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.e2e.deployed import DeployedStack, name_of
from tests.e2e.least_privilege import EXERCISES, Broken, Policies, World
from tests.e2e.sweeps import eventually
from tests.unit.template_model import Permission, functions

FUNCTIONS = functions()
GRANTED = [
    permission
    for function in FUNCTIONS
    for permission in function.permissions
    if permission.condition in {None, "HasMailSender"}  # what the stack of these tests is deployed with
]
TO_COUNT = [p for p in GRANTED if (p.action, p.resource) == ("dynamodb:UpdateItem", "MetricsTable")]
PERMISSIONS = [permission for permission in GRANTED if permission not in TO_COUNT]
FLUSHED_SECONDS = 4.0  # the stack of these tests flushes every second
COUNTED_SECONDS = 20.0  # the rest is a busy machine


@pytest.fixture(scope="module")
def world(stack: DeployedStack) -> Iterator[World]:
    with closing(World(stack)) as world:
        yield world


@pytest.fixture(scope="module")
def policies(stack: DeployedStack) -> Policies:
    return Policies(stack, name_of(stack))


def test_every_function_with_permissions_is_exercised() -> None:
    assert EXERCISES.keys() == {function.name for function in FUNCTIONS if function.permissions}


@pytest.mark.parametrize("function", EXERCISES)
def test_a_function_does_its_work_with_what_it_is_granted(function: str, world: World) -> None:
    EXERCISES[function](world)


@pytest.mark.parametrize("permission", PERMISSIONS, ids=str)
def test_a_function_cannot_do_its_work_with_less(permission: Permission, world: World, policies: Policies) -> None:
    with policies.without(permission), pytest.raises(Broken):
        EXERCISES[permission.function](world)


def test_every_function_counts_with_its_permission_and_none_without_it(world: World, policies: Policies) -> None:
    """A function's answers do not depend on this one, so it is taken away from all functions at once."""
    counting = {policies.physical_id(permission.function): permission.function for permission in TO_COUNT}
    for name in counting.keys() - world.counted().keys():  # those that no test before this one has exercised
        EXERCISES[counting[name]](world)
    eventually(lambda: world.counted().keys() == counting.keys(), COUNTED_SECONDS)
    with ExitStack() as taken_away:
        for permission in TO_COUNT:
            taken_away.enter_context(policies.without(permission))
        before = world.counted()
        for exercise in EXERCISES.values():
            exercise(world)
        time.sleep(FLUSHED_SECONDS)
        assert world.counted() == before
    EXERCISES[TO_COUNT[0].function](world)
    eventually(lambda: world.counted() != before, COUNTED_SECONDS)
