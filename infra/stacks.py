"""The deployed stack that a command is about: where the environment points, else the embedded one."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.__main__ import points_elsewhere, running
from infra.local.deployment import outputs, stack_name


@dataclass(frozen=True)
class DeployedStack:
    """Clients of the AWS that the stack lives in, and the stack's outputs."""

    client: Callable[[str], Any]
    outputs: Mapping[str, str]
    endpoint: str | None


def chosen_stack() -> DeployedStack:
    """STACK_NAME or ENV choose among several. Raises Mistake when there is none."""
    if not points_elsewhere():
        embedded = running()
        return DeployedStack(embedded.client, embedded.outputs(), embedded.endpoint)
    name = os.environ.get("STACK_NAME") or stack_name(os.environ.get("ENV", "default"))
    client: Callable[[str], Any] = boto3.client  # type: ignore[assignment]  # any service
    return DeployedStack(client, outputs(client("cloudformation"), name), os.environ.get("AWS_ENDPOINT_URL"))
