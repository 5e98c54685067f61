"""`make smoke`: passes on a stack that works, and names the step when a function is broken."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import ROOT
from tests.e2e.deployed import DeployedStack, name_of
from tests.e2e.functions import broken, physical_name
from tests.e2e.people import LOOPBACK, unused_address

CHECKLIST = (ROOT / "SMOKE_CHECKLIST.md").read_text()
STEPS = len(re.findall(r"^- \[ \] ", CHECKLIST, re.MULTILINE))
A_BOOKING_IS_MADE = "A client books a slot; the same Idempotency-Key books no second"
LONGEST_SECONDS = 400


def smoke(url: str) -> subprocess.CompletedProcess[str]:
    """What `make smoke` does with a stack; here from an address that has no rate limit behind it."""
    here = any(name in url for name in LOOPBACK)
    source = {"SMOKE_SOURCE_ADDRESS": unused_address()} if here else {}
    command = ["make", "smoke", f"URL={url}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, **source},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )


def test_a_working_stack_passes_and_the_run_leaves_neither_bookings_nor_slots(stack: DeployedStack) -> None:
    run = smoke(stack.url)
    assert (run.returncode, run.stderr.strip()) == (0, ""), run.stdout
    assert len(re.findall(r"^  ok .* ms$", run.stdout, re.MULTILINE)) == STEPS
    (specialist,) = re.findall(r"\S+-specialist@\S+(?=,| and)", run.stdout)
    assert left_of(stack, specialist) == {"slots": 0, "minutes": 0, "bookings": 7, "confirmed": 0}


def test_a_broken_function_is_named_by_its_step_and_what_was_made_is_taken_back(stack: DeployedStack) -> None:
    name = physical_name(stack.client("cloudformation"), name_of(stack), "CreateBooking")
    with broken(stack.client("lambda"), name):
        run = smoke(stack.url)
    assert run.returncode != 0
    (error,) = [line for line in run.stderr.splitlines() if A_BOOKING_IS_MADE in line]
    assert error.startswith(f"error: Booking flow: {A_BOOKING_IS_MADE}: POST /bookings answered 5")
    assert re.search(rf"^  FAILED   {re.escape(A_BOOKING_IS_MADE)} ", run.stdout, re.MULTILINE)
    assert re.search(r"^  skipped  Client and specialist find the booking", run.stdout, re.MULTILINE)
    assert re.search(r"^  ok       Bookings are cancelled, slots deleted", run.stdout, re.MULTILINE)


def test_a_stack_that_does_not_answer_fails() -> None:
    run = smoke("http://127.0.0.1:9")
    assert run.returncode != 0
    assert "error: Health and docs: GET /health answers ok and its version: GET /health was not answered" in run.stderr


def test_something_that_is_no_base_url_is_refused() -> None:
    run = smoke("localhost")
    assert run.returncode != 0
    assert "is not a base URL" in run.stdout + run.stderr


def test_without_a_url_nothing_is_collected() -> None:
    command = [str(Path(sys.executable).with_name("pytest")), "tests/smoke", "--collect-only", "--quiet"]
    environment = {name: value for name, value in os.environ.items() if name != "SMOKE_URL"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_checklist_is_what_is_executed() -> None:
    written = [
        re.sub(r" \(.*\)$", "", line.removeprefix("- [ ] ").removeprefix("## "))
        for line in CHECKLIST.splitlines()
        if line.startswith(("## ", "- [ ] "))
    ]
    executed = [
        documented.rstrip(".")
        for path in sorted((ROOT / "tests" / "smoke").glob("test_*.py"))
        for documented in re.findall(r'^(?:class|    def) .*:\n +"""(.*)"""$', path.read_text(), re.MULTILINE)
    ]
    assert written == executed


def left_of(stack: DeployedStack, specialist_email: str) -> dict[str, int]:
    """What the run's specialist still has in the tables: slots, taken minutes, bookings, confirmed ones."""
    dynamodb, tables = stack.client("dynamodb"), stack.outputs()
    claim = dynamodb.get_item(TableName=tables["UsersTableName"], Key={"user_id": {"S": f"email#{specialist_email}"}})
    specialist = {"S": claim["Item"]["holder"]["S"].replace("usr_", "spc_", 1)}
    slots_and_hours = dynamodb.query(
        TableName=tables["CalendarTableName"],
        KeyConditionExpression="specialist_id = :specialist AND begins_with(sk, :slot)",
        ExpressionAttributeValues={":specialist": specialist, ":slot": {"S": "slot#"}},
    )["Items"]
    bookings = dynamodb.query(
        TableName=tables["BookingsTableName"],
        IndexName="by_specialist",
        KeyConditionExpression="specialist_id = :specialist",
        ExpressionAttributeValues={":specialist": specialist},
    )
    return {
        "slots": sum("slot_id" in item for item in slots_and_hours),
        "minutes": sum(len(item["taken"]["NS"]) for item in slots_and_hours if "taken" in item),
        "bookings": bookings["Count"],
        "confirmed": sum(booking["status"]["S"] == "confirmed" for booking in bookings["Items"]),
    }
