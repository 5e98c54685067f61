"""What tests do to deployed functions. Callers reach the version that a function's alias names, so every change of its
configuration is published, and the alias moved.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ALIAS = "live"
OFTEN = {"Delay": 0.1, "MaxAttempts": 300}
"""How a waiter asks: every 0.1 s, for 30 s."""


def physical_name(cloudformation: Any, stack: str, function: str) -> str:
    """A function's own name, from its logical id."""
    resource = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=function)
    name: str = resource["StackResourceDetail"]["PhysicalResourceId"]
    return name


def restart(functions: Any, name: str) -> None:
    """Ends the function's execution environments: the next request gets a new one of the same kind."""
    publish(functions, name, Description=f"started anew: {uuid.uuid4()}")


@contextmanager
def broken(functions: Any, name: str) -> Iterator[None]:
    """The function with a handler that does not exist."""
    handler = functions.get_function_configuration(FunctionName=name)["Handler"]
    publish(functions, name, Handler="bookings.nothing.handler")
    try:
        yield
    finally:
        publish(functions, name, Handler=handler)


def publish(functions: Any, name: str, **changes: Any) -> None:
    """Gives the function's callers a version with these changes of its configuration."""
    functions.update_function_configuration(FunctionName=name, **changes)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=OFTEN)
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version, WaiterConfig=OFTEN)
    functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
