"""Where an operator's command works: never on the embedded stack when AWS was meant."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from infra.cli import CommandError
from infra.local.stack import Stack
from infra.operate.backup import FORMAT
from infra.operate.target import target
from infra.settings import ROOT
from infra.stack import DeployedStack

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
ELSEWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
TABLES_ELSEWHERE = {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:4566"}
PROFILE_OF_AN_EMULATOR = """
[profile emulator]
region = us-east-1
endpoint_url = http://127.0.0.1:4566
services = emulated
[services emulated]
dynamodb =
  endpoint_url = http://127.0.0.1:4566
"""


def test_an_environment_that_says_nothing_means_the_embedded_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = DeployedStack("booking-api", "http://127.0.0.1:4566")
    monkeypatch.setattr(Stack, "deployed", lambda _stack: embedded)
    assert target({}) is embedded


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_staging_and_prod_mean_aws_whether_credentials_are_named_or_not(environment: str) -> None:
    for named in ({}, KEYS, {"AWS_PROFILE": "work"}):
        there = target({"ENV": environment, **named})
        assert (there.name, there.emulator) == (f"booking-api-{environment}", None)


@pytest.mark.parametrize("named", [KEYS, ELSEWHERE, {"AWS_PROFILE": "work"}, TABLES_ELSEWHERE])
def test_whoever_names_an_aws_means_its_stack(named: dict[str, str]) -> None:
    there = target(named)
    assert (there.name, there.emulator) == ("booking-api", None)
    assert target({**named, "STACK_NAME": "mine"}).name == "mine"


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"ENV": "prod", **ELSEWHERE}, "means AWS"),
        ({"ENV": "staging", **TABLES_ELSEWHERE}, "means AWS, AWS_ENDPOINT_URL_DYNAMODB="),
        ({"ENV": "localstack"}, "does not say where"),
        ({"ENV": "production", **KEYS}, "no environment 'production'"),
    ],
)
def test_an_environment_that_contradicts_itself_is_refused(environ: dict[str, str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        target(environ)


@pytest.fixture
def emulators_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A profile whose endpoints are not AWS's, in force."""
    file = tmp_path / "config"
    file.write_text(PROFILE_OF_AN_EMULATOR)
    named = {**KEYS, "AWS_PROFILE": "emulator", "AWS_CONFIG_FILE": str(file)}
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    return named


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
def test_in_staging_and_prod_the_endpoints_of_a_profile_count_for_nothing(
    emulators_profile: dict[str, str], service: str
) -> None:
    reached = {
        environment: target({**emulators_profile, "ENV": environment}).client(service).meta.endpoint_url
        for environment in ("staging", "prod", "default")
    }
    on_aws = f"https://{service}.us-east-1.amazonaws.com"
    assert reached == {"staging": on_aws, "prod": on_aws, "default": "http://127.0.0.1:4566"}


def test_what_an_operators_command_starts_or_lends_to_ignores_them_too(
    emulators_profile: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sam deploy`, and the clients that the package `booking` makes."""
    for name, value in target({**emulators_profile, "ENV": "prod"}).aws_environment().items():
        monkeypatch.setenv(name, value)
    assert boto3.client("dynamodb").meta.endpoint_url == "https://dynamodb.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    "command",
    [
        ["infra.operate", "backup", "never-written"],
        ["infra.operate", "rotate-key"],
        ["infra.operate", "redrive"],
        ["infra.operate", "claim-slots"],
        ["infra.operate", "admin", "somebody@example.com"],
        ["infra.operate", "erase", "somebody@example.com"],
        ["infra.operate", "restore", "{folder}", "--overwrite"],
        ["infra.operate", "deploy", "prod"],
    ],
    ids=lambda command: command[1],
)
def test_on_aws_without_credentials_a_command_ends_with_a_sentence(command: list[str], tmp_path: Path) -> None:
    """Whether the embedded stack is up or not: it is not looked at."""
    copy = {"format": FORMAT, "stack": "booking-api-prod", "tables": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(copy))
    without = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_REGION": "us-east-1"}
    metadata = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}
    finished = subprocess.run(
        [sys.executable, "-m", *(word.format(folder=tmp_path) for word in command)],
        cwd=ROOT,
        env={**without, **nowhere, **metadata, "ENV": "prod"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.startswith("error: ")
    assert "Unable to locate credentials" in finished.stderr
    assert "Traceback" not in finished.stderr
