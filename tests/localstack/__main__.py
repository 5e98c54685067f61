"""`make test-localstack`: the end-to-end tests as they are, and the tests of the tables and alarms, on LocalStack.

They run on a stack of their own, through the project's front door. Status 2 when LocalStack is not up.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import cli
from infra.cli import step
from infra.local.deployment import delete
from infra.local.processes import Background
from infra.local.stack import FRONT_DOOR_STOP_SECONDS, open_front_door, refuse_taken_port
from infra.localstack import STATE, endpoint, put, require_localstack, stage_url
from infra.settings import ROOT, number, settings
from infra.stack import DeployedStack
from tests.e2e.deployed import MAIL_SENDER, PARAMETERS

STACK = "booking-api-tests"
TOLD_TO_LOCALSTACK = {
    # LocalStack sees every caller at one address: with the limits of the contract the tests would wait for each other.
    "AuthRegisterMaxAttempts": "100000",
    "AuthLoginMaxAttempts": "100000",
    "GuestBookingMaxAttempts": "100000",
    "NoticeOfTermination": "Disabled",  # not every executor of LocalStack's functions bears the question
    "EventFailures": "report",  # it repeats the failed part of a batch, as AWS does
}
"""Beside the parameters that the end-to-end tests want everywhere."""
TESTS = ("tests/e2e", "tests/localstack")
PLUGIN = "tests.localstack.cannot"
FRONT_DOOR = Background(STATE / "front-door.lock", STATE / "logs" / "front-door.log")
FRONT_DOOR_PORT = int(os.environ.get("BOOKING_LOCALSTACK_PORT", "8820"))


def main() -> int:
    """Deploys the stack, runs pytest with the options that were given, and deletes the stack; pytest's own status."""
    require_localstack()
    stack = DeployedStack(STACK, endpoint())
    delete(stack)
    put(stack, PARAMETERS | TOLD_TO_LOCALSTACK)
    stack.client("ses").verify_email_identity(EmailAddress=MAIL_SENDER)
    try:
        with front_door(stage_url(stack)) as url:
            return run_tests(stack, url, sys.argv[1:])
    finally:
        with step("Deleting the tests' stack"):
            delete(stack)


@contextmanager
def front_door(stage: str) -> Iterator[str]:
    """The front door of `make up` before LocalStack's gateway; yields its address."""
    FRONT_DOOR.stop(FRONT_DOOR_STOP_SECONDS)
    refuse_taken_port(FRONT_DOOR_PORT, "BOOKING_LOCALSTACK_PORT")
    try:
        open_front_door(FRONT_DOOR, FRONT_DOOR_PORT, stage, number(settings(), "FRONT_DOOR_CONCURRENCY"))
        yield f"http://localhost:{FRONT_DOOR_PORT}"
    finally:
        FRONT_DOOR.stop(FRONT_DOOR_STOP_SECONDS)


def run_tests(stack: DeployedStack, url: str, pytest_options: list[str]) -> int:
    """Runs the tests; pytest's own status."""
    about_stack = {"BOOKING_E2E_URL": url, "BOOKING_E2E_STACK": stack.name, "BOOKING_E2E_ONE_ADDRESS": "1"}
    command = [Path(sys.executable).with_name("pytest"), "-p", PLUGIN, *(pytest_options or TESTS)]
    environment = os.environ | stack.aws_environment() | about_stack
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    cli.run(main)
