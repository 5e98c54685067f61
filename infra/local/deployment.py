"""Builds template.yaml and deploys it wherever an environment points, by the same `sam` as everywhere else."""

import hashlib
import os
import subprocess
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from botocore.exceptions import ClientError

from infra.local.settings import ROOT, Mistake, template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

SAM = ROOT / ".venv-tools" / "bin" / "sam"
BUILD = ROOT / ".aws-sam"
RELEASED = ("template.yaml", "functions", "layers")
"""What functions are made of."""
SOURCES = (*RELEASED, "infra/monitoring.yaml")
BUCKET = "booking-api-deployments"
SOURCE_TAG = "source"
UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}

SETTLING_SECONDS = 30.0

FUNCTION_VARIABLES = {
    "USERS_TABLE": "UsersTableName",
    "CALENDAR_TABLE": "CalendarTableName",
    "BOOKINGS_TABLE": "BookingsTableName",
    "WAITLIST_TABLE": "WaitlistTableName",
    "EPHEMERAL_TABLE": "EphemeralTableName",
    "METRICS_TABLE": "MetricsTableName",
    "EVENT_BUS_NAME": "EventBusName",
    "DEAD_LETTER_QUEUE_URL": "DeadLetterQueueUrl",
    "SIGNING_KEY_SECRET": "SigningKeySecretArn",
    "CURSOR_KEY_SECRET": "CursorKeySecretArn",
}


@contextmanager
def step(name: str) -> Iterator[None]:
    """One line of progress: what is being done, and how long it took."""
    started = time.monotonic()
    print(f"{name} …", end=" ", flush=True)
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def stack_name(sam_environment: str = "default") -> str:
    """The stack's name in samconfig.toml."""
    return str(deploy_options(sam_environment)["stack_name"])


def build(log: Path) -> None:
    """Runs `sam build`, unless what it would read is unchanged since the last time."""
    done = BUILD / "source"
    source = fingerprint()
    if done.is_file() and done.read_text() == source and (BUILD / "build" / "template.yaml").is_file():
        return
    done.unlink(missing_ok=True)
    run_sam(["build"], dict(os.environ), log, "The build failed")
    done.write_text(source)


def deploy(
    cloudformation: "CloudFormationClient", environment: Mapping[str, str], chosen: Mapping[str, str], log: Path
) -> None:
    """Deploys the build with `chosen` parameters; a stack that already is exactly that is left alone.

    Parameters that are not chosen get their defaults, not what an earlier deployment had.
    """
    declared: dict[str, Any] = template()["Parameters"]
    values = {name: str(about["Default"]) for name, about in declared.items() if "Default" in about} | dict(chosen)
    source = source_tag(values)
    stack = settled(cloudformation, stack_name())
    if stack is not None:
        if {"Key": SOURCE_TAG, "Value": source} in stack.get("Tags", []) and stack["StackStatus"] in UPDATABLE:
            return
        if stack["StackStatus"] not in UPDATABLE:
            cloudformation.delete_stack(StackName=stack_name())
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=stack_name(), WaiterConfig={"Delay": 1, "MaxAttempts": 120}
            )
    values["Release"] = release(values)
    run_sam(
        [
            *("deploy", "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"),
            *("--template-file", str(with_defaults(BUILD / "build" / "template.yaml", values))),
            *("--config-file", str(ROOT / "samconfig.toml"), "--s3-bucket", BUCKET),
            *("--tags", f"{SOURCE_TAG}={source}"),
            *("--parameter-overrides", *(f'{name}="{value}"' for name, value in values.items())),
        ],
        environment,
        log,
        "The deployment failed",
    )


def with_defaults(built: Path, values: Mapping[str, str]) -> Path:
    """A copy of a built template beside it whose parameters have these values by default.

    The emulator tells SAM of no other values, so that functions would not be published for a new `Release`.
    """
    content = yaml.safe_load(built.read_text())
    for name, value in values.items():
        about = content["Parameters"][name]
        about["Default"] = int(value) if about["Type"] == "Number" else value
    copy = built.with_name("template-with-defaults.yaml")
    copy.write_text(yaml.safe_dump(content, sort_keys=False))
    return copy


def settled(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """The stack once an earlier, interrupted command's work on it has ended; as it is when that takes too long."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while (stack := describe(cloudformation, name)) is not None:
        under_way = stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
        if not under_way or time.monotonic() > deadline:
            return stack
        time.sleep(1)
    return None


def describe(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """The stack of that name; None when there is none."""
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise


def outputs(cloudformation: "CloudFormationClient", name: str) -> dict[str, str]:
    """A deployed stack's outputs; raises Mistake when there is no such stack."""
    stack = describe(cloudformation, name)
    if stack is None or "Outputs" not in stack:
        raise Mistake(f"There is no deployed stack {name}: run `make up`, or `make deploy` for one on AWS.")
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def function_variables(of_stack: Mapping[str, str]) -> dict[str, str]:
    """The variables by which functions find their tables and secret, from the stack's outputs."""
    return {variable: of_stack[output] for variable, output in FUNCTION_VARIABLES.items()}


def fingerprint(sources: Iterable[str] = SOURCES) -> str:
    """Changes when anything does that `sam build` reads, or some of it."""
    digest = hashlib.sha256(os.environ.get("LAYER_PLATFORM", "").encode())
    for path in sorted(_files(sources)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def deploy_options(sam_environment: str) -> dict[str, Any]:
    """What samconfig.toml tells `sam deploy` there; raises Mistake when it does not know that environment."""
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    if sam_environment not in configured:
        raise Mistake(f"samconfig.toml has no environment {sam_environment!r}.")
    common = configured[sam_environment].get("global", {}).get("parameters", {})
    specific = configured[sam_environment].get("deploy", {}).get("parameters", {})
    return {**common, **specific}


def source_tag(chosen: Mapping[str, str]) -> str:
    """Names what a stack is made of, functions and the rest: a stack that bears it need not be deployed again."""
    return hashlib.sha256(f"{fingerprint()} {release(chosen)}".encode()).hexdigest()[:32]


def release(chosen: Mapping[str, str]) -> str:
    """Names this code with these parameters: another name whenever one of them differs."""
    told = sorted((name, value) for name, value in chosen.items() if name != "Release")
    return hashlib.sha256(repr([fingerprint(RELEASED), told]).encode()).hexdigest()[:32]


def run_sam(command: list[str], environment: Mapping[str, str], log: Path, complaint: str) -> None:
    """Runs `sam`, its words in the log; raises Mistake with its reason when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    with log.open("wb") as output:
        finished = subprocess.run(
            [SAM, *command],
            cwd=ROOT,
            env=clean | {"PATH": path, "SAM_CLI_TELEMETRY": "0", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode != 0:
        reasons = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        reason = next((line for line in reasons if "CREATE_FAILED" in line or line.startswith("Error:")), "")
        raise Mistake(f"{complaint}{f': {reason.strip()}' if reason else ''} (see {readable(log)}).")


def readable(path: Path) -> str:
    """A path as the user would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _files(sources: Iterable[str]) -> Iterator[Path]:
    for name in sources:
        top = ROOT / name
        found = top.rglob("*") if top.is_dir() else [top]
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)
