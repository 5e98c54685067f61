"""The stack that an operator's command works on: where the environment points, else the embedded one.

`ENV=staging` and `ENV=prod` mean AWS: credentials come from wherever the AWS SDK looks for them, and without any there
is an error; so is an endpoint in the environment, and one in a profile counts for nothing. Otherwise the environment
points somewhere when it names an AWS (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID` or an `AWS_ENDPOINT_URL…`). The stack there
is `STACK_NAME`, or the one of `ENV` in samconfig.toml.
"""

import os
from collections.abc import Mapping

from infra.cli import CommandError
from infra.local.stack import Stack
from infra.sam import stack_name
from infra.stack import DeployedStack

NAMES_AN_AWS = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID")
ON_AWS = ("staging", "prod")


def target(environ: Mapping[str, str] = os.environ) -> DeployedStack:
    """The stack that the environment points at; raises CommandError when it contradicts itself, or points at nothing.

    A stack on AWS is not asked for yet: whether it is there, its `outputs()` tell.
    """
    environment = environ.get("ENV") or "default"
    is_on_aws = environment in ON_AWS
    endpoint = next((name for name, value in environ.items() if value and name.startswith("AWS_ENDPOINT_URL")), None)
    if is_on_aws and endpoint:
        raise CommandError(f"ENV={environment} means AWS, {endpoint}={environ[endpoint]} does not: unset one of them.")
    if is_on_aws or endpoint or any(environ.get(name) for name in NAMES_AN_AWS):
        return DeployedStack(environ.get("STACK_NAME") or stack_name(environment), is_on_aws=is_on_aws)
    if environment != "default":
        raise CommandError(f"ENV={environment} does not say where: set AWS_ENDPOINT_URL, or ENV=staging or ENV=prod.")
    return Stack().deployed()
