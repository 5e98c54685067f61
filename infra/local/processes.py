"""Background processes that outlive the command that started them, each known by a file that it keeps locked.

The lock lives exactly as long as the process: a stale file is told from a live process without trusting process ids,
and nothing that is not ours is ever signalled.
"""

import fcntl
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Background:
    """One process: the file that it locks, and the log that it writes."""

    lock_file: Path
    log: Path

    def start(self, command: Sequence[str], environment: Mapping[str, str], about: Mapping[str, Any]) -> None:
        """Starts `command` in a session of its own; `about` is what `running()` answers while it lives."""
        self.lock_file.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.lock_file.open("a+") as lock, self.log.open("ab") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment),
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            lock.truncate(0)
            json.dump({**about, "pid": process.pid}, lock)

    def running(self) -> dict[str, Any] | None:
        """What was said about the process when it started, and its `pid`; None when it does not run."""
        with suppress(FileNotFoundError), self.lock_file.open("r+") as lock:
            if _locked(lock):
                with suppress(ValueError):
                    about: dict[str, Any] = json.load(lock)
                    return about
        return None

    def runs_with(self, wanted: Mapping[str, Any]) -> bool:
        """Whether it runs, and was started with that said about it."""
        return wanted.items() <= (self.running() or {}).items()

    def stop(self, patience_seconds: float) -> None:
        """Asks the process to end, waits until it has, then ends what is left of its session."""
        about = self.running()
        if about is None:
            return
        pid: int = about["pid"]
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        self._wait_until_ended(pid, patience_seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        self._wait_until_ended(pid, math.inf)

    def _wait_until_ended(self, pid: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.running() is not None and time.monotonic() < deadline:
            with suppress(ChildProcessError):  # where it was not this very process that started it
                os.waitpid(pid, os.WNOHANG)
            time.sleep(POLL_SECONDS)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False
