"""The stack that an operator's command works on: where the environment points, else the embedded one.

`ENV=staging` and `ENV=prod` mean AWS: credentials come from wherever the AWS SDK looks for them, and without any there
is an error. Otherwise the environment points somewhere when it names an AWS (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID` or
`AWS_ENDPOINT_URL`). The stack there is `STACK_NAME`, or the one of `ENV` in samconfig.toml.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.deployment import function_variables, outputs, stack_name
from infra.local.settings import Mistake
from infra.local.stack import Stack

NAMES_AN_AWS = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID")
ON_AWS = ("staging", "prod")


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
        if self.embedded is not None:
            return self.embedded.outputs()
        return outputs(self.client("cloudformation"), self.name)

    def environment(self) -> dict[str, str]:
        """What a process needs to reach the stack's tables and secret as a function does."""
        of_aws = self.embedded.aws_environment() if self.embedded else {}
        return of_aws | function_variables(self.outputs())

    @property
    def endpoint(self) -> str | None:
        """Where the AWS of an emulator is reached; None for AWS itself."""
        return self.embedded.endpoint if self.embedded else os.environ.get("AWS_ENDPOINT_URL")

    def __str__(self) -> str:
        return f"{self.name} at {self.endpoint or 'AWS'}"


def target(environ: Mapping[str, str] = os.environ) -> Target:
    """The stack that the environment points at; raises Mistake when it contradicts itself.

    Nothing is asked yet: that the stack is there, its `outputs()` tell.
    """
    environment = environ.get("ENV") or "default"
    if environment in ON_AWS and (endpoint := environ.get("AWS_ENDPOINT_URL")):
        raise Mistake(f"ENV={environment} means AWS, and AWS_ENDPOINT_URL={endpoint} does not: unset one of them.")
    if environment in ON_AWS or any(environ.get(name) for name in NAMES_AN_AWS):
        return Target(environ.get("STACK_NAME") or stack_name(environment))
    if environment != "default":
        raise Mistake(f"ENV={environment} does not say where: set AWS_ENDPOINT_URL, or ENV=staging or ENV=prod.")
    return Target(stack_name(), Stack())
