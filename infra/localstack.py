"""The commands behind `make localstack-deploy` and `make test-localstack`: the same template and tests, on LocalStack.

Where it listens is `AWS_ENDPOINT_URL`, else the port that `make localstack-up` opens. Status 2 when it is not up.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from infra import cli, sam
from infra.cli import NotUp, step
from infra.local.deployment import delete, is_made_of, run_deployment
from infra.local.processes import Background
from infra.local.stack import FRONT_DOOR_STOP_SECONDS, open_front_door, refuse_taken_port
from infra.settings import ROOT, number, parameters, settings
from infra.stack import DeployedStack

SAM_ENVIRONMENT = "localstack"
STATE = ROOT / ".local" / "localstack"
FRONT_DOOR = Background(STATE / "front-door.lock", STATE / "logs" / "front-door.log")
FRONT_DOOR_PORT = int(os.environ.get("BOOKING_LOCALSTACK_PORT", "8820"))

TEST_STACK = "booking-api-tests"
TEST_PARAMETERS = {
    # LocalStack sees every caller at one address: with the limits of the contract the tests would wait for each other.
    "AuthRegisterMaxAttempts": "100000",
    "AuthLoginMaxAttempts": "100000",
    "GuestBookingMaxAttempts": "100000",
    "NoticeOfTermination": "Disabled",  # not every executor of LocalStack's functions bears the question
    "EventFailures": "report",  # it repeats the failed part of a batch, as AWS does
}
"""Beside those that the end-to-end tests want everywhere."""
TESTS = ("tests/e2e", "tests/localstack")
TEST_PLUGIN = "tests.localstack.cannot"


def main() -> int:
    """Runs one command; 2 when LocalStack is not up."""
    options = argparse.ArgumentParser(prog="python -m infra.localstack", description=__doc__)
    options.add_argument("command", choices=("deploy", "test"))
    options.add_argument("pytest_options", nargs="*", help="for pytest")
    given = options.parse_args()
    require_localstack()
    return test(given.pytest_options) if given.command == "test" else deploy()


def endpoint() -> str:
    """Where LocalStack listens."""
    port = os.environ.get("LOCALSTACK_PORT", "4566")
    return os.environ.get("AWS_ENDPOINT_URL") or f"http://127.0.0.1:{port}"


def require_localstack() -> None:
    """Raises NotUp when what listens there, if anything does, is not LocalStack."""
    with suppress(httpx.HTTPError, ValueError, KeyError):
        if httpx.get(f"{endpoint()}/_localstack/init", timeout=10, trust_env=False).json()["completed"]["READY"]:
            return
    raise NotUp(
        f"LocalStack does not answer at {endpoint()}: start it with `make localstack-up`, "
        "or set AWS_ENDPOINT_URL to where it listens."
    )


def deploy() -> int:
    """Deploys template.yaml with the settings of `.env`, and says where the API is."""
    stack = DeployedStack(sam.stack_name(SAM_ENVIRONMENT), endpoint())
    put(stack, parameters(settings()))
    print(f"\nAPI   {stage_url(stack)}")
    return 0


def test(pytest_options: list[str]) -> int:
    """Deploys a stack of the tests' own, runs them through the project's front door, and deletes the stack."""
    from tests.e2e.deployed import MAIL_SENDER, PARAMETERS  # noqa: PLC0415 - only this command runs tests

    stack = DeployedStack(TEST_STACK, endpoint())
    delete(stack)
    put(stack, PARAMETERS | TEST_PARAMETERS)
    stack.client("ses").verify_email_identity(EmailAddress=MAIL_SENDER)
    try:
        with front_door(stage_url(stack)) as url:
            return run_tests(stack, url, pytest_options)
    finally:
        with step("Deleting the tests' stack"):
            delete(stack)


def put(stack: DeployedStack, chosen: Mapping[str, str]) -> None:
    """Makes the stack hold the current template and code.

    LocalStack cannot change a REST API: unless nothing has changed, the stack is made anew.
    """
    with step("Building the functions and layers"):
        sam.build_for_containers(STATE / "logs" / "build.log")
    values = {**chosen, "Release": sam.release(chosen)}
    found = stack.describe()
    if found is not None and found["StackStatus"] == "CREATE_COMPLETE" and is_made_of(found, values):
        return
    with step("Deploying template.yaml"):
        delete(stack)
        run_deployment(stack, values, STATE / "logs" / "deploy.log", "--config-env", SAM_ENVIRONMENT)


def stage_url(stack: DeployedStack) -> str:
    """Where LocalStack serves the stack's API."""
    outputs = stack.outputs()
    return f"{endpoint()}/_aws/execute-api/{outputs['ApiId']}/{outputs['StageName']}"


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
    """Runs the end-to-end tests as they are, and the tests of the tables; pytest's own status."""
    about_stack = {"BOOKING_E2E_URL": url, "BOOKING_E2E_STACK": stack.name, "BOOKING_E2E_ONE_ADDRESS": "1"}
    command = [Path(sys.executable).with_name("pytest"), "-p", TEST_PLUGIN, *(pytest_options or TESTS)]
    environment = os.environ | stack.aws_environment() | about_stack
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    cli.run(main)
