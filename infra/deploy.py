"""`make deploy`: builds for Lambda's processor and deploys to AWS, as samconfig.toml says for an environment.

`PARAMETERS="MailSender=booking@example.com …"` adds to the environment's `parameter_overrides`, or replaces some.
"""

import argparse
import os
import shlex
import subprocess
import sys

from infra.local import deployment
from infra.local.deployment import step
from infra.local.settings import ROOT, Mistake, template

LAYER_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""The wheels that run on Lambda, by the template's `Architecture`."""
LOG = ROOT / ".local" / "logs" / "build.log"


def main() -> int:
    """Builds and deploys; the status of `sam deploy`, or 1."""
    options = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    options.add_argument("environment", help="staging or prod: a section of samconfig.toml")
    options.add_argument("parameters", nargs="*", metavar="Name=value", help="parameters of template.yaml")
    given, of_sam = options.parse_known_args()
    try:
        command = prepare(given.environment, given.parameters)
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    return subprocess.run([*command, *of_sam], cwd=ROOT, check=False).returncode


def prepare(environment: str, more: list[str]) -> list[str]:
    """Builds, and returns the command that deploys the build."""
    chosen = parameters(environment, more)
    os.environ["LAYER_PLATFORM"] = LAYER_PLATFORMS[chosen["Architecture"]]
    with step("Building the functions and layers"):
        deployment.build(LOG)
    named = chosen | {"Release": deployment.release(chosen)}
    return [
        *(str(deployment.SAM), "deploy", "--config-env", environment),
        *("--parameter-overrides", *(f'{name}="{value}"' for name, value in named.items())),
    ]


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
