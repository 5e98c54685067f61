"""The commands behind the Makefile's targets for a running stack: up, down, clean, dev, admin, outputs, logs."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local import deployment
from infra.local.deployment import readable, step
from infra.local.settings import ROOT, Mistake, number, parameters, settings
from infra.local.stack import Stack, refuse_taken_port
from infra.target import target

LAMBDAS_OWN_LINES = ("START RequestId", "END RequestId", "REPORT RequestId")
FUNCTION_PATHS = f"{ROOT / 'functions'}{os.pathsep}{ROOT / 'layers' / 'booking'}"


def main() -> int:
    """Runs one command; an expected failure is one sentence on stderr and the status 1."""
    options = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = options.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "clean", "dev", "outputs"):
        commands.add_parser(name)
    admin = commands.add_parser("admin")
    admin.add_argument("email")
    admin.add_argument("password", nargs="?", default="")
    logs = commands.add_parser("logs")
    logs.add_argument("--function", default="", help="a part of the function's name")
    logs.add_argument("--minutes", type=int, default=10)
    given = vars(options.parse_args())
    try:
        COMMANDS[given.pop("command")](**given)
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"error: AWS did not do as asked: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def embedded() -> Stack:
    """The stack of `make up`, as the settings want it."""
    chosen = settings()
    return Stack(
        emulator_port=number(chosen, "EMULATOR_PORT"),
        front_door_port=number(chosen, "PORT"),
        places=number(chosen, "FRONT_DOOR_CONCURRENCY"),
        parameters=parameters(chosen),
    )


def up() -> None:
    """Everything from a fresh clone to an API with demo data."""
    from infra.local import demo  # noqa: PLC0415 - only this command adds it

    started = time.monotonic()
    stack = embedded()
    stack.up()
    with step("Adding demo data"):
        added = demo.add(stack.url, stack.environment())
    print(f"Ready in {time.monotonic() - started:.0f} s.\n")
    print(welcome(stack.url, added.free_slot_id))


def welcome(url: str, slot_id: str | None) -> str:
    """What the user needs to go on."""
    from infra.local.demo import ADMIN, CLIENT, SPECIALIST  # noqa: PLC0415 - only this command adds it

    email, password = CLIENT
    users = "\n".join(
        f"  {role:<11} {email:<24} {password}"
        for role, (email, password) in (("client", CLIENT), ("specialist", SPECIALIST), ("admin", ADMIN))
    )
    login = (
        f"TOKEN=$(curl -s {url}/auth/login -H 'Content-Type: application/json' "
        f"""-d '{{"email": "{email}", "password": "{password}"}}' | sed -E 's/.*"access_token": ?"([^"]+)".*/\\1/')"""
    )
    book = (
        f"curl -s {url}/bookings -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' "
        f"""-d '{{"slot_id": "{slot_id}"}}'"""
    )
    booking = f"A booking:\n  {login}\n  {book}" if slot_id else "Every demo slot is booked."
    return f"API   {url}\nDocs  {url}/docs\n\nDemo users:\n{users}\n\n{booking}\n"


def down() -> None:
    """Stops the stack and keeps its state."""
    with step("Stopping the embedded stack (its state is kept)"):
        Stack().down()


def clean() -> None:
    """Stops the stack and forgets its state and the build."""
    with step("Forgetting the embedded stack and the build"):
        Stack().down()
        shutil.rmtree(Stack().state, ignore_errors=True)
        shutil.rmtree(deployment.BUILD, ignore_errors=True)


def dev() -> None:
    """The same routers under uvicorn, reloaded when a file changes, against the embedded stack's tables."""
    chosen = settings()
    port = number(chosen, "DEV_PORT")
    refuse_taken_port(port, "DEV_PORT")
    environment = {
        **os.environ,
        **chosen,
        **running().environment(),
        "POWERTOOLS_METRICS_NAMESPACE": "BookingApi",
        "POWERTOOLS_SERVICE_NAME": deployment.stack_name(),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{FUNCTION_PATHS}",
    }
    reload = [f"--reload-dir={path}" for path in ("functions", "layers/booking")]
    uvicorn = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "infra.app:create_app",
        "--reload",
        *reload,
        f"--port={port}",
    ]
    os.chdir(ROOT)
    os.execve(sys.executable, uvicorn, environment)  # noqa: S606 - this process becomes the server


def admin(email: str, password: str) -> None:
    """Makes an admin where the environment points, else on the embedded stack."""
    environment = {**os.environ, **target().environment(), "PYTHONPATH": f"{ROOT}{os.pathsep}{FUNCTION_PATHS}"}
    command = [sys.executable, "-m", "infra.local.admin", email, *([password] if password else [])]
    os.execve(sys.executable, command, environment)  # noqa: S606 - this process becomes the command


def outputs() -> None:
    """The stack's outputs, and the variables that point tools at it, as NAME=value lines."""
    stack = running()
    for name, value in {**stack.outputs(), **stack.environment(), "BASE_URL": stack.url}.items():
        print(f"{name}={value}")


def logs(function: str, minutes: int) -> None:
    """What functions have logged of late, oldest first."""
    client: Any = running().client("logs")
    since = int((time.time() - 60 * minutes) * 1000)
    lines = [
        (event["timestamp"], group["logGroupName"].split("/")[-1], event["message"].rstrip())
        for groups in client.get_paginator("describe_log_groups").paginate()
        for group in groups["logGroups"]
        if function.lower() in group["logGroupName"].lower()
        for found in client.get_paginator("filter_log_events").paginate(
            logGroupName=group["logGroupName"], startTime=since
        )
        for event in found["events"]
        if not event["message"].startswith(LAMBDAS_OWN_LINES)
    ]
    for timestamp, name, message in sorted(lines, key=itemgetter(0)):
        print(f"{datetime.fromtimestamp(timestamp / 1000, UTC):%H:%M:%S} {name}: {message}")
    print(f"(The emulator's own log: {readable(Stack().emulator.log)})")


def running() -> Stack:
    """The embedded stack, at the front door that it really has."""
    if Stack().emulator.running() is None:
        raise Mistake("The embedded stack does not run: start it with `make up`.")
    door = Stack().front_door.running() or {"port": Stack().front_door_port}
    return Stack(front_door_port=door["port"])


COMMANDS: dict[str, Callable[..., None]] = {
    "up": up,
    "down": down,
    "clean": clean,
    "dev": dev,
    "admin": admin,
    "outputs": outputs,
    "logs": logs,
}

if __name__ == "__main__":
    sys.exit(main())
