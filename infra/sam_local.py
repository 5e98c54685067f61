"""`make sam-local`: the functions under `sam local`, in Lambda's containers, with the tables of whichever stack is up.

That is the stack of `make up`, or the one that `AWS_ENDPOINT_URL` leads to, else the one of `make localstack-deploy`.
Every start writes `env.json` anew, by which functions find its tables. Status 2 when no stack or no Docker is up.
"""

import argparse
import asyncio
import ipaddress
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import FrameType
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from infra import cli, localstack, sam
from infra.cli import CommandError, NotUp, step
from infra.local.stack import Stack, refuse_taken_port
from infra.settings import ROOT, settings
from infra.stack import REGION, DeployedStack

STATE = ROOT / ".local" / "sam"
ENV_JSON = STATE / "env.json"
EVENTS = ROOT / "events"
HOST = "host.docker.internal"
IMAGE = f"public.ecr.aws/lambda/python:3.13-{sam.OWN_ARCHITECTURE}"


def main() -> int:
    """Serves the API until interrupted, or invokes one function with its event; 2 when no stack or no Docker is up."""
    options = argparse.ArgumentParser(prog="python -m infra.sam_local", description=__doc__)
    options.add_argument("function", nargs="?", help="its logical id: it is invoked with events/<function>.json")
    options.add_argument("--port", type=int, default=int(os.environ.get("SAM_PORT") or "3000"))
    given = options.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where the shell that started this has them ignored
        signal.signal(number, _interrupt)
    require_docker()
    stack = stack_that_is_up()
    port = urlsplit(stack.emulator).port or 80
    prepare(stack, port)
    with open_to_containers(port):
        return invoke(given.function) if given.function else serve(given.port)


def require_docker() -> None:
    """Raises NotUp when no Docker daemon answers."""
    if docker("version") is None:
        raise NotUp("Docker does not answer: `sam local` runs functions in containers. Start it, or use `make up`.")


def stack_that_is_up() -> DeployedStack:
    """The first of the stacks that answers; raises NotUp when none does."""
    of_embedded = [Stack().endpoint] if Stack().emulator.running() else []
    told = os.environ.get("AWS_ENDPOINT_URL")
    for endpoint in [told] if told else [*of_embedded, localstack.endpoint()]:
        with suppress(CommandError, BotoCoreError, ClientError):
            stack = DeployedStack(sam.stack_name(), endpoint)
            stack.outputs()
            return stack
    raise NotUp("No stack is up: run `make up`, or `make localstack-up localstack-deploy`.")


def prepare(stack: DeployedStack, port: int) -> None:
    """Builds the functions, and writes env.json: what `.env` says, and where the stack is, as containers see it."""
    with step("Building the functions and layers"):
        sam.build_for_containers(STATE / "build.log")
    # Of these, `sam` hands a function the variables that the template gives it.
    everywhere = {**settings(), **stack.variables(), "AWS_ENDPOINT_URL": f"http://{HOST}:{port}"}
    ENV_JSON.parent.mkdir(parents=True, exist_ok=True)
    ENV_JSON.write_text(json.dumps({"Parameters": everywhere}, indent=2) + "\n")


def docker(*words: str) -> str | None:
    """What the command line of Docker answers; None when it fails or is not there."""
    with suppress(FileNotFoundError, subprocess.CalledProcessError):
        finished = subprocess.run(["docker", *words], capture_output=True, check=True, text=True)  # noqa: S607 - on PATH
        return finished.stdout
    return None


def serve(port: int) -> int:
    """Runs `sam local start-api` until somebody interrupts it."""
    refuse_taken_port(port, "SAM_PORT")
    command = [*sam_local("start-api"), "--warm-containers", "LAZY", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment())
    with suppress(KeyboardInterrupt):
        return process.wait()
    with suppress(KeyboardInterrupt):  # a terminal has interrupted both, a program only this one
        process.send_signal(signal.SIGINT)
        process.wait()
    return 0


def invoke(function: str) -> int:
    """Runs `sam local invoke` with the function's event."""
    event = EVENTS / f"{function}.json"
    if not event.is_file():
        raise CommandError(
            f"There is no event for {function!r} in {sam.readable(EVENTS)}: take a function's logical id."
        )
    command = [*sam_local("invoke"), "--event", str(event), function]
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


def sam_local(command: str) -> list[str]:
    """`sam local …`, with an image that is here already, if it is."""
    is_here = docker("image", "inspect", IMAGE) is not None
    return [
        *(str(sam.SAM), "local", command, "--env-vars", str(ENV_JSON)),
        *("--add-host", f"{HOST}:host-gateway", "--parameter-overrides", f"Architecture={sam.OWN_ARCHITECTURE}"),
        *(["--skip-pull-image"] if is_here else []),
    ]


def environment() -> dict[str, str]:
    """The user's own without credentials: with any, `sam` asks AWS whose they are."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return inherited | nothing | {"AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}


@contextmanager
def open_to_containers(port: int) -> Iterator[None]:
    """Passes what containers send to `port` of Docker's bridge on to the same port of 127.0.0.1, and nothing else.

    Stores listen on 127.0.0.1 only. Where this machine has no such address, as with Docker Desktop, containers reach
    127.0.0.1 by themselves.
    """
    loop = asyncio.new_event_loop()
    server = None
    with suppress(OSError, KeyError):
        server = loop.run_until_complete(
            asyncio.start_server(lambda i, o: _pass_on(i, o, port), bridge_address(), port)
        )
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        if server is not None:
            loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def bridge_address() -> str:
    """The address on Docker's bridge of this machine, which containers know as host.docker.internal."""
    answer = json.loads(docker("network", "inspect", "bridge", "--format", "{{json (index .IPAM.Config 0)}}") or "{}")
    return str(answer.get("Gateway") or next(ipaddress.ip_network(answer["Subnet"]).hosts()))


async def _pass_on(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter, port: int) -> None:
    """One connection, until either side ends it."""
    try:
        from_store, to_store = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        outgoing.close()
        return
    await asyncio.gather(_copy(incoming, to_store), _copy(from_store, outgoing))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    cli.run(main)
