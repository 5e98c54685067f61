"""Run by the tools' Python: prints the CloudFormation that SAM makes of template.yaml, as JSON.

`python expand_sam.py template.yaml Name=value …`: with these parameters, and instead of packages with places in S3.
"""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
logging.disable(logging.WARNING)

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader  # type: ignore[import-not-found]  # noqa: E402
from samtranslator.translator.transform import transform  # type: ignore[import-not-found]  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-not-found]  # noqa: E402


class NoManagedPolicies(ManagedPolicyLoader):  # type: ignore[misc] # has no types here
    """The template names none, so that IAM need not be asked."""

    def __init__(self) -> None:
        super().__init__(None)

    def load(self) -> dict[str, str]:
        return {}


def packaged(template: dict[str, Any]) -> dict[str, Any]:
    """The template as `sam package` would leave it."""
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions"
    for block in template["Resources"].values():
        if "ContentUri" in block["Properties"]:
            block["Properties"]["ContentUri"] = "s3://bucket/layer"
    return template


if __name__ == "__main__":
    given = dict(pair.split("=", 1) for pair in sys.argv[2:])
    template = yaml_parse(Path(sys.argv[1]).read_text())
    print(json.dumps(transform(packaged(template), given, NoManagedPolicies())))
