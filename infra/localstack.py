"""`make localstack-deploy`: the same template, on LocalStack.

Where it listens is `AWS_ENDPOINT_URL`, else the port that `make localstack-up` opens. Status 2 when it is not up.
"""

import os
from collections.abc import Mapping
from contextlib import suppress

import httpx

from infra import cli, sam
from infra.cli import NotUp, step
from infra.local.deployment import delete, is_made_of, run_deployment
from infra.settings import ROOT, parameters, settings
from infra.stack import DeployedStack

SAM_ENVIRONMENT = "localstack"
STATE = ROOT / ".local" / "localstack"


def main() -> None:
    """Deploys template.yaml with the settings of `.env`, and says where the API is."""
    require_localstack()
    stack = DeployedStack(sam.stack_name(SAM_ENVIRONMENT), endpoint())
    put(stack, parameters(settings()))
    print(f"\nAPI   {stage_url(stack)}")


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


if __name__ == "__main__":
    cli.run(main)
