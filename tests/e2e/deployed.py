"""The stack that the end-to-end tests speak to: one of their own, or the one that the environment names.

`BOOKING_E2E_URL` names another stack; the AWS SDK's usual variables (`AWS_ENDPOINT_URL`, region, credentials) then
lead to its tables, and `BOOKING_E2E_STACK` is its name where that is not the one of samconfig.toml. Set
`BOOKING_E2E_ONE_ADDRESS` where that stack cannot tell its callers' addresses apart.
"""

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from infra import stack as infra_stack
from infra.local.stack import Stack
from infra.sam import stack_name
from infra.settings import ROOT

NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Of the process that runs tests: each has a stack of its own, with ports of its own."""
EMULATOR_PORT = int(os.environ.get("BOOKING_E2E_EMULATOR_PORT", "4810")) + 2 * NUMBER
FRONT_DOOR_PORT = int(os.environ.get("BOOKING_E2E_PORT", "8810")) + NUMBER
MAIL_PORT = int(os.environ.get("BOOKING_E2E_MAIL_PORT", "4811")) + 2 * NUMBER
MAIL_SENDER = "noreply@example.com"
PARAMETERS = {
    "CorsAllowOrigin": "https://app.example.com",
    "MailSender": MAIL_SENDER,
    "MetricsFlushSeconds": "1",
    "ExpirySweepMinutes": "1",
    "MailUnverifiedMaxPerDay": "1000",  # tests mail the same people again and again
    "MailSpecialistMaxPerDay": "1000",
    "EventFailures": "raise",  # the emulator does not repeat the failed part of a batch
}


class DeployedStack(Protocol):
    """What tests may know of the stack: its address, its AWS, its outputs."""

    @property
    def url(self) -> str: ...

    def deployed(self) -> infra_stack.DeployedStack: ...

    def client(self, service: str) -> Any: ...

    def outputs(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class StackElsewhere:
    """A stack that somebody else has deployed."""

    url: str
    name: str

    def deployed(self) -> infra_stack.DeployedStack:
        return infra_stack.DeployedStack(self.name)

    def client(self, service: str) -> Any:
        return self.deployed().client(service)

    def outputs(self) -> Mapping[str, str]:
        return self.deployed().outputs()


def name_of(stack: DeployedStack) -> str:
    """The name that CloudFormation knows it by."""
    return stack.deployed().name


def operated(there: infra_stack.DeployedStack, *command: str, ends_with: Collection[int] = (0,)) -> str:
    """What an operator's command (`make admin`, `erase`, …) says where the environment points at the stack."""
    finished = subprocess.run(
        [sys.executable, "-m", "infra.operate", *command],
        cwd=ROOT,
        env={**os.environ, **there.aws_environment(), "STACK_NAME": there.name},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.stderr == ""
    assert finished.returncode in ends_with
    return finished.stdout


@contextmanager
def deployed_stack() -> Iterator[DeployedStack]:
    """Brings the stack up by the same means as `make up`, IAM enforced, and takes it down again."""
    if url := os.environ.get("BOOKING_E2E_URL"):
        yield StackElsewhere(url.rstrip("/"), os.environ.get("BOOKING_E2E_STACK") or stack_name())
        return
    stack = Stack(
        state=ROOT / ".local" / (f"e2e-{NUMBER}" if NUMBER else "e2e"),
        emulator_port=EMULATOR_PORT,
        front_door_port=FRONT_DOOR_PORT,
        auth=True,
        parameters=PARAMETERS,
        emulator_settings={"SMTP_HOST": f"127.0.0.1:{MAIL_PORT}", "PERSIST_STATE": "0"},
    )
    with afresh(stack):
        yield stack


@contextmanager
def afresh(stack: Stack) -> Iterator[None]:
    """Brings a stack of the tests' own up, with nothing in it of an earlier run, and takes it down again."""
    stack.down()
    shutil.rmtree(stack.state, ignore_errors=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # its processes outlive what started them, as they should
            stack.up()
        yield
    finally:
        stack.down()


def statements_of(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a policy says, whose `Statement` is one or a list of them."""
    said = policy["Statement"]
    return [dict(statement) for statement in (said if isinstance(said, list) else [said])]
