"""The embedded stack: the emulator, template.yaml deployed into it, and the front door before it.

`Stack(...).up()` is what `make up` runs, and what the end-to-end tests start a second stack with.
"""

import fcntl
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from infra.cli import CommandError, step
from infra.local import deployment
from infra.local.processes import Background
from infra.sam import build, readable, stack_name
from infra.settings import ROOT
from infra.stack import REGION, DeployedStack

# The emulator does not retry the failed part of a batch of changes, only a batch that fails as a whole.
OF_THE_EMULATOR = {"EventFailures": "raise"}
EMULATOR = (str(ROOT / ".venv-tools" / "bin" / "python"), "-P", str(Path(__file__).with_name("emulator.py")))
START_SECONDS = 60.0
EMULATOR_STOP_SECONDS = 60.0
FRONT_DOOR_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Stack:
    """One emulator with one deployment; several run side by side, each with its own ports and state folder."""

    state: Path = ROOT / ".local" / "stack"
    emulator_port: int = 4566
    """Where the emulator listens; where another program does already, it takes a free port."""
    front_door_port: int = 8000
    concurrency: int = 6
    """Requests in flight; more wait in the front door."""
    auth: bool = False
    """Whether the emulator enforces IAM policies."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Template parameters; the others have their defaults."""
    emulator_settings: Mapping[str, str] = field(default_factory=dict)
    """More variables of the emulator's own, such as LAMBDA_WARM_TTL_SECONDS."""

    @property
    def url(self) -> str:
        """Where the API is reached: at the port that the front door has, or would have."""
        about = self.front_door.running() or {}
        return f"http://localhost:{about.get('port', self.front_door_port)}"

    @property
    def endpoint(self) -> str:
        """Where the emulated AWS is reached: at the port that it has, or would have."""
        about = self.emulator.running() or {}
        return f"http://127.0.0.1:{about.get('port', self.emulator_port)}"

    @property
    def logs(self) -> Path:
        """The folder of everything that the stack's processes say."""
        return self.state / "logs"

    @property
    def emulator(self) -> Background:
        """The emulator's process."""
        return Background(self.state / "emulator.lock", self.logs / "emulator.log")

    @property
    def front_door(self) -> Background:
        """The front door's process."""
        return Background(self.state / "front-door.lock", self.logs / "front-door.log")

    def up(self) -> None:
        """Builds, starts and deploys what is not yet; raises CommandError with a sentence when it cannot."""
        with only_one(self.state / "up.lock"):
            self._refuse_taken_port()
            with step("Building the functions and layers"), only_one(ROOT / ".local" / "build.lock"):
                build(self.logs / "build.log")
            with step("Starting the embedded AWS"):
                self._start_emulator()
            with step("Deploying template.yaml"):
                chosen = {**OF_THE_EMULATOR, **self.parameters}
                deployment.deploy(self.deployed(), chosen, self.logs / "deploy.log")
            with step("Opening the front door"):
                self._open_front_door()

    def down(self) -> None:
        """Stops both processes; the state stays, and the next `up()` goes on with it."""
        self.front_door.stop(FRONT_DOOR_STOP_SECONDS)
        self.emulator.stop(EMULATOR_STOP_SECONDS)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def deployed(self) -> DeployedStack:
        """What is deployed in it; raises CommandError when the emulator does not run."""
        if self.emulator.running() is None:
            raise CommandError("The embedded stack does not run: start it with `make up`.")
        return DeployedStack(stack_name(), self.endpoint)

    def client(self, service: str) -> Any:
        """A boto3 client of the emulated AWS."""
        return self.deployed().client(service)

    def outputs(self) -> dict[str, str]:
        """The outputs of the deployed stack."""
        return self.deployed().outputs()

    @property
    def _scratch(self) -> Path:
        """Where the emulator unpacks functions."""
        return self.state / "tmp"

    def _refuse_taken_port(self) -> None:
        """Before anything is built or stopped; a port that our own process holds already is ours."""
        if (self.front_door.running() or {}).get("port") != self.front_door_port:
            refuse_taken_port(self.front_door_port, "PORT")

    def _start_emulator(self) -> None:
        wanted = {"port_asked_for": self.emulator_port, "auth": self.auth, "settings": dict(self.emulator_settings)}
        if self.emulator.runs_with(wanted) and self._emulator_answers():
            return
        self.down()
        self._scratch.mkdir(parents=True)
        port = free_port() if taken(self.emulator_port) else self.emulator_port
        self.emulator.start(EMULATOR, self._emulator_environment(port), {**wanted, "port": port})
        wait_until(self._emulator_answers, self.emulator, "The embedded AWS")

    def _emulator_environment(self, port: int) -> dict[str, str]:
        """Little of the user's own, since functions inherit it."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        return {
            **inherited,
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "AUTH": str(self.auth).lower(),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state / "saved"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "s3"),
            "TMPDIR": str(self._scratch),
            "PYTHONUNBUFFERED": "1",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self._scratch / 'no-docker.sock'}",
            **self.emulator_settings,
        }

    def _emulator_answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.endpoint}/_ministack/health", timeout=5, trust_env=False).is_success
        return False

    def _open_front_door(self) -> None:
        outputs = self.outputs()
        stage = f"{self.endpoint}/restapis/{outputs['ApiId']}/{outputs['StageName']}/_user_request_"
        open_front_door(self.front_door, self.front_door_port, stage, self.concurrency)


def open_front_door(process: Background, port: int, stage: str, concurrency: int) -> None:
    """Makes the front door serve the gateway's stage at that URL, and waits until it does."""
    about = {"port": port, "stage": stage, "concurrency": concurrency}
    if process.runs_with(about):
        return
    process.stop(FRONT_DOOR_STOP_SECONDS)
    options = [f"--port={port}", f"--stage-url={stage}", f"--concurrency={concurrency}"]
    command = [sys.executable, "-m", "infra.local.front_door", *options]
    process.start(command, {**os.environ, "PYTHONPATH": str(ROOT)}, about)
    wait_until(lambda: taken(port), process, "The front door")


@contextmanager
def only_one(lock_file: Path) -> Iterator[None]:
    """Waits while another command does the same."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another `make up` is at work: waiting for it …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def refuse_taken_port(port: int, variable: str) -> None:
    """Raises CommandError when somebody listens there."""
    if taken(port):
        raise CommandError(
            f"Port {port} is in use by another program: stop that program, or choose another port, such as "
            f"`make up {variable}={port + 1}`."
        )


def taken(port: int) -> bool:
    """Whether somebody listens on that port of this machine."""
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until(answers: Any, process: Background, name: str) -> None:
    """Waits for a process to serve; raises CommandError when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.running() is None:
            raise CommandError(f"{name} ended as soon as it had started (see {readable(process.log)}).")
        if time.monotonic() > deadline:
            raise CommandError(f"{name} did not answer within {START_SECONDS:.0f} s (see {readable(process.log)}).")
        time.sleep(0.1)
