"""`make deploy`: builds for Lambda's processor and deploys to AWS, as samconfig.toml says for an environment.

`PARAMETERS="MailSender=booking@example.com …"` adds to the environment's `parameter_overrides`, or replaces some. What
would fail after half an hour is asked first: whether the account grants the reserved concurrency, and whether an
earlier deployment has left a stack that can only be deleted.
"""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local import deployment
from infra.local.deployment import describe, step
from infra.local.settings import ROOT, Mistake, template
from infra.target import Target, target

LAYER_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""The wheels that run on Lambda, by the template's `Architecture`."""
LOG = ROOT / ".local" / "logs" / "build.log"
SWEEPS = 2
RESERVATION = "SweepReservedConcurrency"
ALWAYS_UNRESERVED = 100
"""AWS lets nobody reserve the last hundred ("Configuring reserved concurrency for a function")."""
QUOTA = 'ask for more in Service Quotas (AWS Lambda, "Concurrent executions")'
CAN_ONLY_BE_DELETED = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")


def main() -> int:
    """Builds and deploys; the status of `sam deploy`, or 1."""
    options = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    options.add_argument("environment", help="staging or prod: a section of samconfig.toml")
    options.add_argument("parameters", nargs="*", metavar="Name=value", help="parameters of template.yaml")
    given, of_sam = options.parse_known_args()
    try:
        chosen = parameters(given.environment, given.parameters)
        stack = target({**os.environ, "ENV": given.environment})
        check_account(stack, chosen)
        command = prepare(given.environment, chosen)
        status = subprocess.run([*command, "--stack-name", stack.name, *of_sam], cwd=ROOT, check=False).returncode
        if status == 0 and chosen.get("Environment") == "prod":
            protect(stack)
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"error: AWS did not do as asked: {error}", file=sys.stderr)
        return 1
    return status


def prepare(environment: str, chosen: Mapping[str, str]) -> list[str]:
    """Builds, and returns the command that deploys the build."""
    os.environ["LAYER_PLATFORM"] = LAYER_PLATFORMS[chosen["Architecture"]]
    with step("Building the functions and layers"):
        deployment.build(LOG)
    named = {**chosen, "Release": deployment.release(chosen)}
    return [
        *(str(deployment.SAM), "deploy", "--config-env", environment),
        *("--parameter-overrides", *(f'{name}="{value}"' for name, value in named.items())),
    ]


def check_account(stack: Target, chosen: Mapping[str, str]) -> None:
    """Raises Mistake, with what to do, when the account or the stack that is there would let the deployment fail."""
    deployed: Mapping[str, Any] = describe(stack.client("cloudformation"), stack.name) or {}
    if deployed.get("StackStatus") in CAN_ONLY_BE_DELETED:
        raise Mistake(
            f"{stack.name} is in {deployed['StackStatus']}: CloudFormation can only delete it. docs/deploy.md, "
            '"A first deployment that failed", says how; then deploy again.'
        )
    limits = stack.client("lambda").get_account_settings()["AccountLimit"]
    most, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    kept = {given["ParameterKey"]: given["ParameterValue"] for given in deployed.get("Parameters", [])}
    already = SWEEPS * int(kept.get(RESERVATION, "0"))
    wanted = SWEEPS * int(chosen.get(RESERVATION, kept.get(RESERVATION, "0")))
    if wanted > already and unreserved + already - wanted < ALWAYS_UNRESERVED:
        raise Mistake(
            f"This account runs {most} functions at once, {unreserved} of them unreserved, and AWS keeps the last "
            f'{ALWAYS_UNRESERVED} unreserved: deploy with PARAMETERS="{RESERVATION}=0", or first {QUOTA}.'
        )
    if most <= ALWAYS_UNRESERVED:
        print(
            f"Note: this account runs {most} functions at once; callers beyond are throttled. Before traffic, {QUOTA}."
        )


def protect(stack: Target) -> None:
    """Turns termination protection on; CloudFormation then refuses to delete the stack until somebody turns it off."""
    cloudformation = stack.client("cloudformation")
    deployed = describe(cloudformation, stack.name)
    if deployed is not None and deployed["StackStatus"].endswith("_COMPLETE"):
        cloudformation.update_termination_protection(StackName=stack.name, EnableTerminationProtection=True)
        print(f"{stack.name} is protected from deletion.")


def parameters(environment: str, more: list[str]) -> dict[str, str]:
    """What samconfig.toml says for the environment, and what was given besides; raises Mistake for what cannot be.

    The architecture is always among them: left out, the stack would keep its own, and the layer might be for another.
    """
    declared = template()["Parameters"]
    configured = deployment.deploy_options(environment).get("parameter_overrides", [])
    words = [*(shlex.split(configured) if isinstance(configured, str) else configured), *more]
    chosen = {"Architecture": str(declared["Architecture"]["Default"]), **dict(_pair(word) for word in words)}
    if unknown := chosen.keys() - declared.keys():
        raise Mistake(f"template.yaml has no parameter {', '.join(sorted(unknown))}.")
    if chosen["Architecture"] not in LAYER_PLATFORMS:
        raise Mistake(f"Architecture is one of {', '.join(LAYER_PLATFORMS)}, not {chosen['Architecture']!r}.")
    return chosen


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise Mistake(f"{word!r} is not a parameter: write Name=value.")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
