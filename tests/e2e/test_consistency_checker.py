"""The checker finds what is wrong when there is something: it runs against deliberately broken APIs."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from infra.settings import ROOT
from tests.consistency import report, workload
from tests.consistency.history import Kind
from tests.consistency.invariants import Evidence, shortest, violations
from tests.consistency.run import Run
from tests.consistency.tables import read_at_rest
from tests.consistency.workload import Doing
from tests.e2e.deployed import DeployedStack

PORT = 8840
START_SECONDS = 30.0
SECONDS = 3.0


@contextmanager
def broken_api(stack: DeployedStack, bug: str) -> Iterator[str]:
    """The URL of the API with that bug, on the stack's own tables."""
    environment = {
        **os.environ,
        **stack.deployed().environment(),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "functions", ROOT / "layers" / "booking"))),
    }
    command = [sys.executable, "-m", "tests.consistency.broken_app", bug, str(PORT)]
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


def evidence_of(stack: DeployedStack, bug: str, doings: Mapping[Doing, float]) -> Evidence:
    """What six clients see of it in a few seconds."""
    with broken_api(stack, bug) as url:
        world = asyncio.run(workload.run(url, seconds=SECONDS, clients=6, seed=7, doings=doings))
    return Evidence(world.history, read_at_rest(stack.client("dynamodb"), stack.outputs()), datetime.now(UTC))


def test_a_slot_that_is_taken_regardless_is_found(stack: DeployedStack) -> None:
    evidence = evidence_of(stack, "double-booking", {workload.book: 1})

    found = violations(evidence)

    broken = {violation.invariant.strip() for violation in found}
    assert "1  at most one confirmed booking per slot" in broken
    assert "1  no slot was held twice, even for a moment" in broken
    assert "2  slot and booking agree" in broken

    # The history that shows it is two bookings of one slot, and little else.
    twice = next(violation for violation in found if "held twice" in violation.invariant)
    shown = [operation.kind for operation in shortest(evidence, twice)]
    assert shown == [Kind.BOOK, Kind.BOOK]
    told = report.summary(Run(evidence, SECONDS), found)
    assert re.search(r"VIOLATION of 1  no slot was held twice.*\n  #\d+ .* book .*201\n  #\d+ .* book .*201", told)


def test_a_line_that_moves_from_its_end_is_found(stack: DeployedStack) -> None:
    doings: Mapping[Doing, float] = {
        workload.book: 4,
        workload.join: 6,
        workload.cancel: 1,
        workload.look_for_promotions: 1,
    }
    evidence = evidence_of(stack, "wrong-order", doings)

    found = [violation for violation in violations(evidence) if "moved in order" in violation.invariant]

    assert found
    for violation in found:
        shown = sorted(operation.kind for operation in shortest(evidence, violation))
        assert shown in ([Kind.JOIN, Kind.JOIN], [Kind.CANCEL, Kind.JOIN, Kind.JOIN])
