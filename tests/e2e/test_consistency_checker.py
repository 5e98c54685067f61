"""The checker finds what is wrong when there is something: it runs against deliberately broken APIs."""

import asyncio
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from infra.local.stack import free_port
from infra.settings import ROOT
from infra.stack import PATHS
from tests.consistency import appointments, erasure, guests, report, workload
from tests.consistency.evidence import Evidence, Violation
from tests.consistency.history import Kind
from tests.consistency.invariants import shortest, violations
from tests.consistency.mail import Mail
from tests.consistency.run import Run
from tests.consistency.tables import read_at_rest
from tests.consistency.world import Doing
from tests.e2e.deployed import DeployedStack

START_SECONDS = 30.0
SECONDS = 3.0
MOST_SECONDS = 30.0
FIRST_SEED = 7
SHORTENED = 3
"""Of what is found: each costs seconds."""


@contextmanager
def broken_api(stack: DeployedStack, bug: str) -> Iterator[str]:
    """The URL of the API with that bug, on the stack's own tables."""
    port = free_port()
    environment = {
        **os.environ,
        **stack.deployed().environment(),
        "PYTHONPATH": os.pathsep.join((str(ROOT), *PATHS)),
    }
    command = [sys.executable, "-m", "tests.consistency.broken_app", bug, str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            wait_for_port(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            if process.poll() is None:
                return
        time.sleep(0.1)
    pytest.fail("the broken API does not start")


def found_with(
    stack: DeployedStack, bug: str, doings: Mapping[Doing, float], expected: Collection[str]
) -> tuple[Evidence, list[Violation]]:
    """What six clients see of it in a few seconds; on a slow machine with further seeds, until they see what they must.

    After half a minute, what they saw last.
    """
    mail = Mail.of(stack)
    deadline, seeds = time.monotonic() + MOST_SECONDS, itertools.count(FIRST_SEED)
    with broken_api(stack, bug) as url:
        while True:
            world = asyncio.run(
                workload.run(url, seconds=SECONDS, clients=6, seed=next(seeds), mail=mail, doings=doings)
            )
            at_rest = read_at_rest(stack.client("dynamodb"), stack.outputs())
            erasure.spell_out(world.history, at_rest)
            evidence = Evidence(world.history, at_rest, datetime.now(UTC))
            found = violations(evidence)
            if time.monotonic() > deadline or {violation.invariant.strip() for violation in found} >= set(expected):
                return evidence, found


def test_a_slot_that_is_taken_regardless_is_found(stack: DeployedStack) -> None:
    expected = {
        "1  at most one open booking per slot",
        "1  no slot was held twice, even for a moment",
        "2  slot and booking agree",
    }

    evidence, found = found_with(stack, "double-booking", {workload.book: 1}, expected)

    assert {violation.invariant.strip() for violation in found} >= expected

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
    expected = "4  the line moved in order"

    evidence, found = found_with(stack, "wrong-order", doings, {expected})

    out_of_order = [violation for violation in found if violation.invariant.strip() == expected]
    assert out_of_order
    for violation in out_of_order[:SHORTENED]:
        shown = sorted(operation.kind for operation in shortest(evidence, violation))
        assert shown in ([Kind.JOIN, Kind.JOIN], [Kind.CANCEL, Kind.JOIN, Kind.JOIN])


def test_a_booking_that_is_confirmed_after_its_end_is_found(stack: DeployedStack) -> None:
    doings: Mapping[Doing, float] = {workload.hold: 3, workload.cancel: 4, workload.confirm: 3}
    expected = {"2  slot and booking agree"}

    _, found = found_with(stack, "confirmed-regardless", doings, expected)

    assert {violation.invariant.strip() for violation in found} >= expected


def test_a_guest_who_holds_too_many_is_found(stack: DeployedStack) -> None:
    doings: Mapping[Doing, float] = {guests.book_as_guest: 1}
    expected = {"15 nobody holds too many"}

    _, found = found_with(stack, "guests-without-limit", doings, expected)

    assert {violation.invariant.strip() for violation in found} >= expected


UNTIL_ONE_IS_ERASED: Mapping[Doing, float] = {
    workload.book: 6,
    workload.book_from_hours: 6,
    workload.cancel: 4,
    erasure.erase_oneself: 0.5,
}
"""Late enough to have booked something."""


def test_who_is_erased_and_still_named_is_found(stack: DeployedStack) -> None:
    expected = {"18 erasure erases"}

    _, found = found_with(stack, "erased-by-half", UNTIL_ONE_IS_ERASED, expected)

    assert {violation.invariant.strip() for violation in found} >= expected


def test_who_is_erased_and_still_called_by_name_is_found(stack: DeployedStack) -> None:
    expected = "18 erasure erases"

    _, found = found_with(stack, "erased-but-for-the-name", UNTIL_ONE_IS_ERASED, {expected})

    named = [violation for violation in found if violation.invariant.strip() == expected]
    assert any(text.startswith("Person ") for violation in named for text in violation.ids)


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        ("attendance-at-any-time", {"15 attendance is said of what has started"}),
        (
            "attendance-for-good",
            {"15 attendance is said of what has started", "15 attendance is as it was said"},
        ),
    ],
)
def test_attendance_that_is_said_too_early_or_stays_is_found(
    stack: DeployedStack, bug: str, expected: set[str]
) -> None:
    _, found = found_with(stack, bug, {appointments.keep_an_appointment: 1}, expected)

    assert {violation.invariant.strip() for violation in found} >= expected


IN_THE_HOURS: Mapping[Doing, float] = {
    workload.book_from_hours: 6,
    workload.join_from_hours: 4,
    workload.cancel: 3,
    workload.take_time_off: 1,
    workload.look_for_promotions: 1,
}


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        (
            "no-buffers",
            {"10 no minute was taken twice, even for a moment", "10 hour records equal what takes time"},
        ),
        (
            "taken-minutes-ignored",
            {"10 no minute is taken twice", "10 no minute was taken twice, even for a moment"},
        ),
        ("unconditional-release", {"13 nobody waits for free time"}),
        ("standard-time", {"14 what is listed is what the hours have"}),
    ],
)
def test_time_that_is_taken_or_offered_wrongly_is_found(stack: DeployedStack, bug: str, expected: set[str]) -> None:
    evidence, found = found_with(stack, bug, IN_THE_HOURS, expected)

    assert {violation.invariant.strip() for violation in found} >= expected
    told = report.summary(Run(evidence, SECONDS), found)
    assert all(f"VIOLATION of {invariant}" in told for invariant in expected)
