"""The checker finds a double booking when there is one: it runs against a deliberately broken API."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from infra.settings import ROOT
from tests.consistency import report, workload
from tests.consistency.history import Kind
from tests.consistency.invariants import Evidence, shortest, violations
from tests.consistency.tables import read_at_rest
from tests.e2e.deployed import DeployedStack

PORT = 8840
START_SECONDS = 30.0


@pytest.fixture
def broken_url(stack: DeployedStack) -> Iterator[str]:
    """The broken API, on the stack's own tables."""
    environment = {
        **os.environ,
        **stack.deployed().environment(),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "functions", ROOT / "layers" / "booking"))),
    }
    command = [sys.executable, "-m", "tests.consistency.broken_app", str(PORT)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            wait_for_port(process)
            yield f"http://127.0.0.1:{PORT}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def wait_for_port(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", PORT), 1):
            return
        time.sleep(0.1)
    pytest.fail("the broken API does not start")


def test_a_slot_that_is_taken_regardless_is_found(broken_url: str, stack: DeployedStack) -> None:
    world = asyncio.run(workload.run(broken_url, seconds=3, clients=6, seed=7, doings={workload.book: 1}))
    tables = read_at_rest(stack.client("dynamodb"), stack.outputs())
    evidence = Evidence(world.history, tables, datetime.now(UTC))

    found = violations(evidence)

    broken = {violation.invariant.strip() for violation in found}
    assert "1  at most one confirmed booking per slot" in broken
    assert "1  no slot was held twice, even for a moment" in broken
    assert "2  slot and booking agree" in broken

    # The history that shows it is two bookings of one slot, and little else.
    twice = next(violation for violation in found if "held twice" in violation.invariant)
    shown = [operation.kind for operation in shortest(evidence, twice)]
    assert shown == [Kind.BOOK, Kind.BOOK]
    told = report.summary(evidence, found, 3.0, {})
    assert re.search(r"VIOLATION of 1  no slot was held twice.*\n  #\d+ .* book .*201\n  #\d+ .* book .*201", told)
