"""The stack that an operator's command works on: where the environment points, else the embedded one.

The environment points somewhere when it names an AWS (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID` or `AWS_ENDPOINT_URL`); the
stack there is `STACK_NAME`, or the one of `ENV` in samconfig.toml.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.deployment import outputs, stack_name
from infra.local.stack import Stack

NAMES_AN_AWS = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID")


@dataclass(frozen=True)
class Target:
    """A deployed stack."""

    name: str
    embedded: Stack | None = None

    def client(self, service: str) -> Any:
        """A boto3 client of the AWS that the stack is in."""
        if self.embedded is not None:
            return self.embedded.client(service)
        client: Any = boto3.client(service)  # type: ignore[call-overload] # any service
        return client

    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs; raises Mistake when there is no such stack."""
        return outputs(self.client("cloudformation"), self.name)

    @property
    def endpoint(self) -> str | None:
        """Where the AWS of an emulator is reached; None for AWS itself."""
        return self.embedded.endpoint if self.embedded else os.environ.get("AWS_ENDPOINT_URL")

    def __str__(self) -> str:
        return f"{self.name} at {self.endpoint or 'AWS'}"


def target() -> Target:
    """The stack that the environment points at; raises Mistake when that is the embedded one and it does not run."""
    if any(os.environ.get(name) for name in NAMES_AN_AWS):
        return Target(os.environ.get("STACK_NAME") or stack_name(os.environ.get("ENV") or "default"))
    return Target(stack_name(), Stack())
