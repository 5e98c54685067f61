"""A deployed stack, in AWS or in an emulator of it: its clients, its outputs, and what points a process at it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.cli import CommandError
from infra.settings import ROOT, template

REGION = "us-east-1"
"""Of every emulator."""
PATIENT = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=5, read_timeout=60)
AWS_ONLY = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg] # the stubs do not know it
PATHS = (str(ROOT / "functions"), str(ROOT / "layers" / "booking"), str(ROOT / "layers" / "pages"))
"""Where the functions' code is imported from."""


@dataclass(frozen=True)
class DeployedStack:
    """The stack of that name: in the emulator that listens at `emulator`, else where the SDK's environment leads to."""

    name: str
    emulator: str | None = None
    is_on_aws: bool = False
    """Whether that is AWS, whatever other endpoints the environment and the profile name."""

    def client(self, service: str) -> Any:
        """A boto3 client of the AWS that the stack is in; of an emulator, whatever the user's own profile says."""
        if self.emulator is None:
            return boto3.client(service, config=AWS_ONLY if self.is_on_aws else None)  # type: ignore[call-overload] # any service
        return _client_of_emulator(self.emulator, service)

    def describe(self) -> Mapping[str, Any] | None:
        """What CloudFormation knows of it; None when there is no such stack."""
        try:
            found: Mapping[str, Any] = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        return found

    def outputs(self) -> dict[str, str]:
        """Its outputs; raises CommandError when there is no such stack."""
        stack = self.describe()
        if stack is None or "Outputs" not in stack:
            raise CommandError(
                f"There is no deployed stack {self.name}: run `make up`, or `make deploy` for one on AWS."
            )
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def parameters(self) -> dict[str, str]:
        """The template's parameters as it was deployed with them; none when there is no such stack."""
        given = (self.describe() or {}).get("Parameters", [])
        return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in given}

    def aws_environment(self) -> dict[str, str]:
        """What points the AWS SDKs and command lines at its emulator, or at AWS, and nowhere else."""
        if self.emulator is None:
            return {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"} if self.is_on_aws else {}
        return {
            "AWS_ENDPOINT_URL": self.emulator,
            "AWS_ACCESS_KEY_ID": "test",  # the emulators' administrator
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def variables(self) -> dict[str, str]:
        """The variables by which functions know it and find its tables and secrets: those that are also its outputs."""
        declared, outputs = template(), self.outputs()
        variables = declared["Globals"]["Function"]["Environment"]["Variables"]
        shared = {
            name: outputs[output]
            for output, about in declared["Outputs"].items()
            for name, value in variables.items()
            if value == about["Value"]
        }
        return shared | {"STACK_ID": (self.describe() or {})["StackId"]}

    def environment(self) -> dict[str, str]:
        """What a process needs to reach its tables and secrets as a function does."""
        return self.aws_environment() | self.variables()

    def lend_to_booking(self) -> None:
        """Lets the package `booking`, imported after this, work on the stack's tables."""
        os.environ.update(self.environment())
        sys.path[:0] = PATHS

    def __str__(self) -> str:
        return f"{self.name} at {self.emulator or os.environ.get('AWS_ENDPOINT_URL') or 'AWS'}"


@cache
def _client_of_emulator(endpoint: str, service: str) -> Any:
    """The same for all who ask: to make one takes longer than most of what it is asked."""
    return boto3.session.Session("test", "test", region_name=REGION).client(
        service,  # type: ignore[call-overload] # any service
        endpoint_url=endpoint,
        config=PATIENT,
    )
