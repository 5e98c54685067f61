"""The stack of these tests, as the operator's commands work on it."""

import os
from dataclasses import dataclass
from typing import Any

import boto3

from infra.operate.backup import TABLES
from infra.stack import DeployedStack


@dataclass(frozen=True)
class Moto(DeployedStack):
    """The tables of these tests, as an operator's command sees a stack."""

    name: str = "moto"

    def client(self, service: str) -> Any:
        client: Any = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload] # any service
        return client

    def outputs(self) -> dict[str, str]:
        return {f"{table}Name": os.environ[f"{table.removesuffix('Table').upper()}_TABLE"] for table in TABLES}
