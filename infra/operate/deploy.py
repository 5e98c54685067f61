"""`make deploy`: builds for Lambda's processor and deploys to AWS, as samconfig.toml says for an environment.

`PARAMETERS="MailSender=booking@example.com …"` adds to the environment's `parameter_overrides`, or replaces some. What
would fail after half an hour, or lose something, is asked first: whether the account grants the reserved concurrency,
whether an earlier deployment has left a stack that can only be deleted, and whether bookings would be forgotten.
"""

import os
import shlex
import subprocess
from collections.abc import Mapping

from infra import sam
from infra.cli import CommandError, step
from infra.operate.target import ON_AWS, target
from infra.settings import ROOT, template
from infra.stack import DeployedStack

LOG = ROOT / ".local" / "logs" / "build.log"
RESERVATION = "SweepReservedConcurrency"
OF_THE_DISPATCHER = 3
WORKERS = "SweepConcurrency"
SHARDS = "TimerShards"
SHARDS_OF_0_2 = 4
"""It had no parameter for them."""
ALWAYS_UNRESERVED = 100
"""AWS lets nobody reserve the last hundred ("Configuring reserved concurrency for a function")."""
QUOTA = 'ask for more in Service Quotas (AWS Lambda, "Concurrent executions")'
CAN_ONLY_BE_DELETED = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")


def deploy(environment: str, more: list[str], sam_options: list[str]) -> int:
    """Builds and deploys; the status of `sam deploy`. Raises CommandError when it cannot succeed."""
    if environment not in ON_AWS:
        raise CommandError(f"ENV={environment} is not on AWS: deploy with ENV=staging or ENV=prod.")
    chosen = parameters(environment, more)
    stack = target({**os.environ, "ENV": environment})
    check_account(stack, chosen)
    command = [*prepare(environment, chosen), "--stack-name", stack.name, *sam_options]
    status = subprocess.run(command, cwd=ROOT, env=os.environ | stack.aws_environment(), check=False).returncode
    if status == 0 and chosen.get("Environment") == "prod":
        protect(stack)
    return status


def prepare(environment: str, chosen: Mapping[str, str]) -> list[str]:
    """Builds, and returns the command that deploys the build."""
    os.environ["LAYER_PLATFORM"] = sam.LAYER_PLATFORMS[chosen["Architecture"]]
    with step("Building the functions and layers"):
        sam.build(LOG)
    named = {**chosen, "Release": sam.release(chosen)}
    return [str(sam.SAM), "deploy", "--config-env", environment, *sam.parameter_overrides(named)]


def check_account(stack: DeployedStack, chosen: Mapping[str, str]) -> None:
    """Raises CommandError, with what to do, when the account or what is deployed would let the deployment fail."""
    status = (stack.describe() or {}).get("StackStatus")
    if status in CAN_ONLY_BE_DELETED:
        raise CommandError(
            f"{stack.name} is in {status}: CloudFormation can only delete it. docs/deploy.md, "
            '"A first deployment that failed", says how; then deploy again.'
        )
    kept = stack.parameters()
    check_shards(kept, chosen)
    check_concurrency(stack, kept, chosen)


def check_shards(kept: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    """Raises CommandError when there would be fewer than there were: no sweep would look into the others."""
    had = int(kept.get(SHARDS, SHARDS_OF_0_2)) if kept else 0
    if int(chosen.get(SHARDS, had)) < had:
        raise CommandError(
            f"{SHARDS} is {had} and cannot shrink: bookings stay in their shards, and those in shards from "
            f"{chosen[SHARDS]} on would not expire, nor their clients be reminded."
        )


def check_concurrency(stack: DeployedStack, kept: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    """Raises CommandError when the sweeps would reserve too little for themselves, or more than the account grants."""
    declared = template()["Parameters"]
    told = {name: int(chosen.get(name, kept.get(name, declared[name]["Default"]))) for name in (RESERVATION, WORKERS)}
    if 0 < told[RESERVATION] < told[WORKERS]:
        raise CommandError(
            f"{RESERVATION}={told[RESERVATION]} is less than {WORKERS}={told[WORKERS]}: Lambda would refuse workers, "
            "and messages would end as dead letters. Reserve as many, or none."
        )
    limits = stack.client("lambda").get_account_settings()["AccountLimit"]
    most, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    already, wanted = reserved(int(kept.get(RESERVATION, "0"))), reserved(told[RESERVATION])
    if wanted > already and unreserved + already - wanted < ALWAYS_UNRESERVED:
        raise CommandError(
            f"This account runs {most} functions at once, {unreserved} of them unreserved, and AWS keeps the last "
            f'{ALWAYS_UNRESERVED} unreserved: deploy with PARAMETERS="{RESERVATION}=0", or first {QUOTA}.'
        )
    if most <= ALWAYS_UNRESERVED:
        print(
            f"Note: this account runs {most} functions at once; callers beyond are throttled. Before traffic, {QUOTA}."
        )


def reserved(for_workers: int) -> int:
    """Executions that a stack reserves: the workers' and those of the dispatcher."""
    return for_workers + OF_THE_DISPATCHER if for_workers else 0


def protect(stack: DeployedStack) -> None:
    """Turns termination protection on; CloudFormation then refuses to delete the stack until somebody turns it off."""
    deployed = stack.describe()
    if deployed is not None and deployed["StackStatus"].endswith("_COMPLETE"):
        stack.client("cloudformation").update_termination_protection(
            StackName=stack.name, EnableTerminationProtection=True
        )
        print(f"{stack.name} is protected from deletion.")


def parameters(environment: str, more: list[str]) -> dict[str, str]:
    """What samconfig.toml says for the environment, and what was given besides; raises CommandError for what cannot be.

    The architecture is always among them: left out, the stack would keep its own, and the layer might be for another.
    """
    declared = template()["Parameters"]
    configured = sam.deploy_options(environment).get("parameter_overrides", [])
    words = [*(shlex.split(configured) if isinstance(configured, str) else configured), *more]
    chosen = {"Architecture": str(declared["Architecture"]["Default"]), **dict(_pair(word) for word in words)}
    if unknown := chosen.keys() - declared.keys():
        raise CommandError(f"template.yaml has no parameter {', '.join(sorted(unknown))}.")
    if chosen["Architecture"] not in sam.LAYER_PLATFORMS:
        raise CommandError(f"Architecture is one of {', '.join(sam.LAYER_PLATFORMS)}, not {chosen['Architecture']!r}.")
    return chosen


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise CommandError(f"{word!r} is not a parameter: write Name=value.")
    return name, value
