"""The commands behind the Makefile's targets for the embedded stack."""

import argparse
import os
import re
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from infra import cli
from infra.cli import step
from infra.local import demo
from infra.local.inbox import inbox
from infra.local.stack import Stack, refuse_taken_port
from infra.sam import BUILD, readable, stack_name
from infra.settings import ROOT, number, parameters, read_variables, settings
from infra.stack import PATHS

FUNCTION_NAME = re.compile(r'"function_name":"([^"]+)"')
LAMBDAS_OWN_LINES = ("START RequestId", "END RequestId", "REPORT RequestId")


def wanted() -> dict[str, str]:
    """The settings; where the user says nothing, those with which a visitor can try everything on this machine."""
    said = {**read_variables(ROOT / ".env"), **os.environ}
    address = f"http://localhost:{said.get('PORT') or settings()['PORT']}"
    tried_out = {"PUBLIC_URL": address, "MAIL_SENDER": demo.MAIL_SENDER, "GUEST_BOOKING": "open"}
    return settings({**tried_out, **said})


def embedded(chosen: Mapping[str, str]) -> Stack:
    """The stack of `make up`, as the settings want it."""
    return Stack(
        emulator_port=number(chosen, "EMULATOR_PORT"),
        front_door_port=number(chosen, "PORT"),
        concurrency=number(chosen, "FRONT_DOOR_CONCURRENCY"),
        parameters=parameters(chosen),
    )


def up() -> None:
    """Everything from a fresh clone to an API with demo data."""
    started = time.monotonic()
    chosen = wanted()
    stack = embedded(chosen)
    stack.up()
    with step("Adding demo data"):
        stack.client("ses").verify_email_identity(EmailAddress=chosen["MAIL_SENDER"])
        slot_id = demo.add(stack.url, stack.deployed())
    print(f"Ready in {time.monotonic() - started:.0f} s.\n")
    print(welcome(stack.url, slot_id))


def welcome(url: str, slot_id: str | None) -> str:
    """What the user needs to go on."""
    email, password = demo.CLIENT
    users = "\n".join(
        f"  {role:<11} {email:<24} {password}"
        for role, (email, password) in (("client", demo.CLIENT), ("specialist", demo.SPECIALIST), ("admin", demo.ADMIN))
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
    pages = f"Book  {url}/book\nDesk  {url}/desk\nMail  is not sent; make inbox shows it"
    return f"{pages}\nAPI   {url}\nDocs  {url}/docs\n\nDemo users:\n{users}\n\n{booking}\n"


def down() -> None:
    """Stops the stack and keeps its state."""
    with step("Stopping the embedded stack (its state is kept)"):
        Stack().down()


def clean() -> None:
    """Stops the stack and forgets its state and the build."""
    with step("Forgetting the embedded stack and the build"):
        Stack().down()
        shutil.rmtree(Stack().state, ignore_errors=True)
        shutil.rmtree(BUILD, ignore_errors=True)


def dev() -> None:
    """The same routers under uvicorn, reloaded when a file changes, against the embedded stack's tables."""
    chosen = settings()
    port = number(chosen, "DEV_PORT")
    refuse_taken_port(port, "DEV_PORT")
    environment = {
        **os.environ,
        **chosen,
        **Stack().deployed().environment(),
        "POWERTOOLS_METRICS_NAMESPACE": "BookingApi",
        "POWERTOOLS_SERVICE_NAME": stack_name(),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *PATHS]),
    }
    reload = [f"--reload-dir={path}" for path in PATHS]
    uvicorn = ["-m", "uvicorn", "--factory", "infra.app:create_app", "--reload", *reload, f"--port={port}"]
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, *uvicorn], environment)  # noqa: S606 - this process becomes the server


def outputs() -> None:
    """The stack's outputs, and the variables that point tools at it, as NAME=value lines."""
    stack = Stack().deployed()
    for name, value in {**stack.outputs(), **stack.environment(), "BASE_URL": Stack().url}.items():
        print(f"{name}={value}")


def logs(function: str, minutes: int) -> None:
    """What functions have logged of late, invocation by invocation, the oldest first."""
    stack = Stack().deployed()
    group = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="FunctionLogs"
    )["StackResourceDetail"]["PhysicalResourceId"]
    pages = stack.client("logs").get_paginator("filter_log_events")
    since = int((time.time() - 60 * minutes) * 1000)
    found = [event for page in pages.paginate(logGroupName=group, startTime=since) for event in page["events"]]
    for name, events in invocations(found):
        if function.lower() in name.lower():
            for event in events:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                print(f"{at:%H:%M:%S} {name}: {event['message'].rstrip()}")
    print(f"(The emulator's own log: {readable(Stack().emulator.log)})")


def invocations(found: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Of each invocation the function's name and what it logged, the oldest first.

    All functions share a log group, and the emulator keeps a stream for each invocation, which does not tell whose.
    """
    streams = defaultdict(list)
    for event in sorted(found, key=itemgetter("timestamp")):
        streams[event["logStreamName"]].append(event)
    for events in streams.values():
        named = (FUNCTION_NAME.search(event["message"]) for event in events)
        name = next((match[1] for match in named if match), "a function")
        yield name, [event for event in events if not event["message"].startswith(LAMBDAS_OWN_LINES)]


def main() -> None:
    """Runs one command."""
    options = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = options.add_subparsers(required=True)
    for command in (up, down, clean, dev, outputs, inbox, logs):
        commands.add_parser(command.__name__, help=command.__doc__).set_defaults(run=command)
    commands.choices["logs"].add_argument("--function", default="", help="a part of the function's name")
    commands.choices["logs"].add_argument("--minutes", type=int, default=10)
    given = vars(options.parse_args())
    given.pop("run")(**given)


if __name__ == "__main__":
    cli.run(main)
