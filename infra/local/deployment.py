"""Deploys the build of template.yaml into an emulator, by the same `sam` as everywhere else."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml

from infra import sam
from infra.settings import ROOT, template
from infra.stack import DeployedStack

BUCKET = "booking-api-deployments"
SOURCE_TAG = "source"
UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
SETTLING_SECONDS = 30.0
CREDENTIALS_OF_OTHERS = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}


def deploy(stack: DeployedStack, chosen: Mapping[str, str], log: Path) -> None:
    """Deploys the build into the embedded AWS; a stack that already is exactly that is left alone.

    Parameters that are not chosen get their defaults, not what an earlier deployment had.
    """
    declared: dict[str, Any] = template()["Parameters"]
    values = {name: str(about["Default"]) for name, about in declared.items() if "Default" in about} | dict(chosen)
    found = settled(stack)
    if found is not None and found["StackStatus"] not in UPDATABLE:
        delete(stack)
    elif found is not None and is_made_of(found, values):
        return
    stack.client("s3").create_bucket(Bucket=BUCKET)
    values["Release"] = sam.release(values)
    with with_defaults(sam.BUILD / "build" / "template.yaml", values) as built:
        where = ("--template-file", str(built), "--config-file", str(ROOT / "samconfig.toml"), "--s3-bucket", BUCKET)
        run_deployment(stack, values, log, *where)


def is_made_of(found: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Whether a stack was deployed from the present sources with these parameters."""
    return {"Key": SOURCE_TAG, "Value": sam.release(values, sam.DEPLOYED)} in found.get("Tags", [])


def run_deployment(stack: DeployedStack, values: Mapping[str, str], log: Path, *options: str) -> None:
    """Runs `sam deploy` on the stack's emulator; raises CommandError with the reason when it fails."""
    inherited = {name: value for name, value in os.environ.items() if name not in CREDENTIALS_OF_OTHERS}
    sam.run_sam(
        [
            *("deploy", "--stack-name", stack.name, "--no-progressbar", *options),
            *("--tags", f"{SOURCE_TAG}={sam.release(values, sam.DEPLOYED)}", *sam.parameter_overrides(values)),
        ],
        inherited | stack.aws_environment() | {"NO_PROXY": "127.0.0.1,localhost"},
        log,
        "The deployment failed",
    )


def delete(stack: DeployedStack) -> None:
    """Deletes the stack, if there is one, and waits until it is gone."""
    if stack.describe() is None:
        return
    cloudformation = stack.client("cloudformation")
    cloudformation.delete_stack(StackName=stack.name)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


@contextmanager
def with_defaults(built: Path, values: Mapping[str, str]) -> Iterator[Path]:
    """A copy of a built template beside it whose parameters have these values by default; for a while.

    The emulator tells SAM of no other values, so that functions would not be published for a new `Release`. What refers
    to a number is text to it, and text as `MaximumConcurrency` ends its reading of queues: there stands the number.
    """
    content = yaml.safe_load(built.read_text())
    for block in content["Resources"].values():
        for event in block.get("Properties", {}).get("Events", {}).values():
            if "ScalingConfig" in event["Properties"]:
                event["Properties"]["ScalingConfig"] = {"MaximumConcurrency": int(values["SweepConcurrency"])}
    for name, value in values.items():
        about = content["Parameters"][name]
        about["Default"] = int(value) if about["Type"] == "Number" else value
    with NamedTemporaryFile("w", dir=built.parent, suffix=".yaml") as copy:
        yaml.safe_dump(content, copy, sort_keys=False)
        copy.flush()
        yield Path(copy.name)


def settled(stack: DeployedStack) -> Mapping[str, Any] | None:
    """The stack once an earlier, interrupted command's work on it has ended; as it is when that takes too long."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while (found := stack.describe()) is not None:
        under_way = found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] != "REVIEW_IN_PROGRESS"
        if not under_way or time.monotonic() > deadline:
            break
        time.sleep(1)
    return found
