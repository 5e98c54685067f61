"""Faults for a run: a proxy that makes DynamoDB fail, and functions that are killed at work.

The proxy is `microburst`, which answers in the exact form of AWS's own errors. Its rules:
throttling, server errors, calls that are answered too late, connections that break before the call arrives,
and connections that break after DynamoDB has done as it was told.
"""

import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from infra.cli import CommandError
from infra.settings import ROOT

TOOLS_PYTHON = ROOT / ".venv-tools" / "bin" / "python"
START_SECONDS = 20.0
KILL_EVERY_SECONDS = 3.0
KILLED_AT_AGE_SECONDS = 5
"""Younger ones are still starting: to kill those would only keep every request waiting."""
KILLED_FUNCTIONS = (
    "CreateBooking",
    "CreateGuestBooking",
    "DeleteOwnUser",
    "CancelBooking",
    "ConfirmBooking",
    "RescheduleBooking",
    "JoinWaitList",
    "LeaveWaitList",
    "Slot",
    "TimeOff",
)
SEEDED = "import random, sys; random.seed(int(sys.argv.pop(1))); from microburst.cli import main; sys.exit(main())"

RULES: list[dict[str, Any]] = [
    {
        "service": "dynamodb",
        "probability": 0.03,
        "error": {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"},
    },
    {
        "service": "dynamodb",
        "probability": 0.02,
        "error": {"code": "InternalServerError", "status": 500, "message": "Internal server error"},
    },
    {"service": "dynamodb", "probability": 0.005, "timeout_ms": 4000},
    {"service": "dynamodb", "probability": 0.02, "reset": True},
    {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.08, "response": {"abort_bytes": 0}},
    {"service": "dynamodb", "probability": 0.02, "response": {"abort_bytes": 0}},
]


@dataclass
class FaultProxy:
    """The proxy between functions and the emulator; it lets everything through until told otherwise."""

    port: int
    log: Path
    seed: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self, upstream: str) -> Iterator[None]:
        """Starts the proxy before the AWS at `upstream`, and ends it by its process group."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        python = os.environ.get("MICROBURST_PYTHON") or str(TOOLS_PYTHON)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [python, "-c", SEEDED, str(self.seed), "--upstream", upstream, "--port", str(self.port)],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(process)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)

    def inject(self) -> None:
        self._follow(RULES)

    def relent(self) -> None:
        self._follow([])

    def fired(self) -> Counter[str]:
        """How often each kind of fault happened."""
        counted: Counter[str] = Counter()
        for line in httpx.get(f"{self.url}/_microburst/metrics", trust_env=False).text.splitlines():
            if line.startswith("microburst_faults_total{"):
                labels, count = line.rsplit(" ", 1)
                counted[labels.split('action="')[1].split('"')[0]] += int(float(count))
        return counted

    def _follow(self, rules: list[dict[str, Any]]) -> None:
        httpx.post(f"{self.url}/_microburst/rules", json=rules, trust_env=False).raise_for_status()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if process.poll() is not None:
                break
            time.sleep(0.1)
        raise CommandError(f"The fault proxy does not start: is microburst installed in .venv-tools? (see {self.log})")


@dataclass
class FunctionKiller:
    """Kills processes of functions, one after the other, whatever they are doing."""

    emulator_pid: int
    luck: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        killing = threading.Thread(target=self._kill_on, daemon=True)
        killing.start()
        try:
            yield
        finally:
            self._over.set()
            killing.join()

    def _kill_on(self) -> None:
        while not self._over.wait(self.luck.uniform(0.5, 1.5) * KILL_EVERY_SECONDS):
            victims = list(workers(self.emulator_pid))
            if victims:
                pid, function = self.luck.choice(victims)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed[function] += 1


def workers(emulator_pid: int) -> Iterator[tuple[int, str]]:
    """The emulator's own processes that run one of our functions, warm ones only: id and function."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,etime=,command="], capture_output=True, text=True, check=True
    ).stdout
    for line in listed.splitlines():
        pid, parent, age, command = line.split(None, 3)
        if int(parent) != emulator_pid or "_worker.py" not in command or seconds(age) < KILLED_AT_AGE_SECONDS:
            continue
        function = command.rsplit("ministack-lambda-", 1)[-1].split("/")[0]
        if any(name in function for name in KILLED_FUNCTIONS):
            yield int(pid), function


def seconds(age: str) -> int:
    """How long that is, as `ps` writes it: [[days-]hours:]minutes:seconds."""
    days, _, clock = age.rpartition("-")
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return int(days or 0) * 86_400 + total
