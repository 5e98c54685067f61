"""The API as `make sam-local` serves it, with the tables of an embedded stack of the tests' own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from infra.cli import NotUp
from infra.local.stack import Stack, taken
from infra.sam_local import require_docker
from infra.settings import ROOT
from tests.e2e.deployed import afresh

STATE = ROOT / ".local" / "sam-tests"
EMULATOR_PORT = int(os.environ.get("BOOKING_SAM_EMULATOR_PORT", "4830"))
FRONT_DOOR_PORT = int(os.environ.get("BOOKING_SAM_FRONT_DOOR_PORT", "8830"))
SAM_PORT = int(os.environ.get("BOOKING_SAM_PORT", "8831"))
START_SECONDS = 120.0


@dataclass(frozen=True)
class SamLocal:
    """What `python -m infra.sam_local` needs, and where it says what it does."""

    environment: Mapping[str, str]
    log: Path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "infra.sam_local", *words]


@pytest.fixture(scope="session")
def sam() -> Iterator[SamLocal]:
    try:
        require_docker()
    except NotUp as reason:
        pytest.skip(str(reason))
    stack = Stack(state=STATE, emulator_port=EMULATOR_PORT, front_door_port=FRONT_DOOR_PORT)
    with afresh(stack):
        yield SamLocal({**os.environ, "AWS_ENDPOINT_URL": stack.endpoint}, stack.logs / "sam.log")


@pytest.fixture(scope="session")
def api(sam: SamLocal) -> Iterator[httpx.Client]:
    """A client of `make sam-local`."""
    with sam.log.open("wb") as log, start(sam, log.fileno()) as process:
        try:
            wait_until(lambda: taken(SAM_PORT), process, sam.log)
            with httpx.Client(base_url=f"http://127.0.0.1:{SAM_PORT}", timeout=120, trust_env=False) as client:
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def start(sam: SamLocal, log: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(sam.command("--port", str(SAM_PORT)), cwd=ROOT, env=sam.environment, stdout=log, stderr=log)


def wait_until(ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
