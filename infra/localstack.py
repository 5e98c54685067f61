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
from typing import Any

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.containers import build_for_containers
from infra.local import deployment
from infra.local.deployment import step
from infra.local.processes import Background
from infra.local.settings import ROOT, Mistake, number, parameters, settings
from infra.local.stack import FRONT_DOOR_STOP_SECONDS, PATIENT, REGION, refuse_taken_port, taken, wait_until

SAM_ENVIRONMENT = "localstack"
STATE = ROOT / ".local" / "localstack"
FRONT_DOOR = Background(STATE / "front-door.lock", STATE / "logs" / "front-door.log")
FRONT_DOOR_PORT = int(os.environ.get("BOOKING_LOCALSTACK_PORT", "8820"))

TEST_STACK = "booking-api-tests"
TEST_PARAMETERS = {
    # LocalStack sees every caller at one address: with the limits of the contract the tests would wait for each other.
    "AuthRegisterMaxAttempts": "100000",
    "AuthLoginMaxAttempts": "100000",
    "NoticeOfTermination": "Disabled",  # not every executor of LocalStack's functions bears the question
    "EventBatchSize": "25",  # it repeats the failed part of a batch, as AWS does
}
"""Beside those that the end-to-end tests want everywhere."""
TESTS = ("tests/e2e", "tests/localstack")
TEST_PLUGIN = "tests.localstack.cannot"

NOT_UP = 2


class NotUp(Mistake):
    """LocalStack does not answer."""


def main() -> int:
    """Runs one command; 2 when LocalStack is not up, 1 for any other failure."""
    options = argparse.ArgumentParser(prog="python -m infra.localstack", description=__doc__)
    options.add_argument("command", choices=("deploy", "test"))
    options.add_argument("pytest_options", nargs="*", help="for pytest")
    given = options.parse_args()
    try:
        require_localstack()
        build_for_containers()
        return test(given.pytest_options) if given.command == "test" else deploy()
    except NotUp as reason:
        print(f"error: {reason}", file=sys.stderr)
        return NOT_UP
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"error: LocalStack did not do as asked: {error}", file=sys.stderr)
    return 1


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
    name = deployment.stack_name(SAM_ENVIRONMENT)
    put(name, parameters(settings()))
    print(f"\nAPI   {stage_url(name)}")
    return 0


def test(pytest_options: list[str]) -> int:
    """Deploys a stack of the tests' own, runs them through the project's front door, and deletes the stack."""
    from tests.e2e.deployed import MAIL_SENDER, PARAMETERS  # noqa: PLC0415 - only this command runs tests

    delete(TEST_STACK)
    put(TEST_STACK, PARAMETERS | TEST_PARAMETERS)
    client("ses").verify_email_identity(EmailAddress=MAIL_SENDER)
    try:
        with front_door(stage_url(TEST_STACK)) as url:
            return run_tests(url, pytest_options)
    finally:
        with step("Deleting the tests' stack"):
            delete(TEST_STACK)


def put(name: str, chosen: Mapping[str, str]) -> None:
    """Makes the stack of that name hold the current template and code.

    LocalStack cannot change a REST API: unless nothing has changed, the stack is made anew.
    """
    with step("Building the functions and layers"):
        deployment.build(STATE / "logs" / "build.log")
    tags = {deployment.SOURCE_TAG: deployment.source_tag(chosen)}
    named = {**chosen, "Release": deployment.release(chosen)}
    stack = deployment.describe(client("cloudformation"), name)
    if stack is not None and stack["StackStatus"] == "CREATE_COMPLETE" and tags_of(stack) == tags:
        return
    with step("Deploying template.yaml"):
        delete(name)
        deployment.run_sam(
            [
                *("deploy", "--config-env", SAM_ENVIRONMENT, "--stack-name", name, "--no-progressbar"),
                *("--tags", *(f"{key}={value}" for key, value in tags.items())),
                *("--parameter-overrides", *(f'{key}="{value}"' for key, value in named.items())),
            ],
            os.environ | aws_environment() | {"NO_PROXY": "127.0.0.1,localhost"},
            STATE / "logs" / "deploy.log",
            "The deployment failed",
        )


def tags_of(stack: Any) -> dict[str, str]:
    """The stack's tags by name."""
    return {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}


def delete(name: str) -> None:
    """Deletes the stack, if there is one."""
    cloudformation = client("cloudformation")
    if deployment.describe(cloudformation, name) is None:
        return
    cloudformation.delete_stack(StackName=name)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def stage_url(name: str) -> str:
    """Where LocalStack serves the stack's API."""
    of_stack = outputs(name)
    return f"{endpoint()}/_aws/execute-api/{of_stack['ApiId']}/{of_stack['StageName']}"


def outputs(name: str) -> dict[str, str]:
    """The stack's outputs."""
    return deployment.outputs(client("cloudformation"), name)


@contextmanager
def front_door(stage: str) -> Iterator[str]:
    """The front door of `make up` before LocalStack's gateway; yields its address."""
    FRONT_DOOR.stop(FRONT_DOOR_STOP_SECONDS)
    refuse_taken_port(FRONT_DOOR_PORT, "BOOKING_LOCALSTACK_PORT")
    places = number(settings(), "FRONT_DOOR_CONCURRENCY")
    options = [f"--port={FRONT_DOOR_PORT}", f"--stage-url={stage}", f"--places={places}"]
    FRONT_DOOR.start(
        [sys.executable, "-m", "infra.local.front_door", *options], {**os.environ, "PYTHONPATH": str(ROOT)}, {}
    )
    try:
        wait_until(lambda: taken(FRONT_DOOR_PORT), FRONT_DOOR, "The front door")
        yield f"http://localhost:{FRONT_DOOR_PORT}"
    finally:
        FRONT_DOOR.stop(FRONT_DOOR_STOP_SECONDS)


def run_tests(url: str, pytest_options: list[str]) -> int:
    """Runs the end-to-end tests as they are, and the tests of the tables; pytest's own status."""
    about_stack = {"BOOKING_E2E_URL": url, "BOOKING_E2E_STACK": TEST_STACK, "BOOKING_E2E_ONE_ADDRESS": "1"}
    command = [Path(sys.executable).with_name("pytest"), "-p", TEST_PLUGIN, *(pytest_options or TESTS)]
    finished = subprocess.run(command, cwd=ROOT, env=os.environ | aws_environment() | about_stack, check=False)
    return finished.returncode


def client(service: str, at: str | None = None) -> Any:
    """A boto3 client of LocalStack's, or of the emulator that listens at `at`, whatever the user's own profile says."""
    return boto3.session.Session("test", "test", region_name=REGION).client(
        service,  # type: ignore[call-overload] # any service
        endpoint_url=at or endpoint(),
        config=PATIENT,
    )


def aws_environment() -> dict[str, str]:
    """What points the AWS SDKs and command lines at LocalStack and nowhere else."""
    return {
        "AWS_ENDPOINT_URL": endpoint(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


if __name__ == "__main__":
    sys.exit(main())
