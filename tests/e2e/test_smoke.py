"""`make smoke`: passes on a stack that works, and names the step when a function is broken."""

import re
import subprocess
import sys

import pytest

from infra import smoke
from infra.settings import ROOT
from tests.e2e.deployed import DeployedStack, name_of
from tests.e2e.functions import broken, physical_name
from tests.e2e.people import People

A_BOOKING_IS_MADE = "A client books a slot; the same Idempotency-Key books no second"


def test_a_working_stack_passes_and_the_run_leaves_neither_bookings_nor_slots(
    stack: DeployedStack, people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.check(people.caller()) == [], capsys.readouterr().out

    table = capsys.readouterr().out
    assert len(re.findall(r"^  ok .* ms$", table, re.MULTILINE)) == sum(map(len, smoke.CHECKLIST.values()))
    (specialist,) = re.findall(r"\S+-specialist@\S+(?=,| and)", table)
    left = people_left_by(stack, specialist)
    assert left == {"slots": 0, "confirmed": 0}


def test_a_broken_function_is_named_by_its_step_and_what_was_made_is_taken_back(stack: DeployedStack) -> None:
    name = physical_name(stack.client("cloudformation"), name_of(stack), "CreateBooking")
    with broken(stack.client("lambda"), name):
        run = subprocess.run(
            [sys.executable, "-m", "infra.smoke", stack.url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert run.returncode == 1
    (error,) = [line for line in run.stderr.splitlines() if A_BOOKING_IS_MADE in line]
    assert error.startswith(f"error: Booking flow: {A_BOOKING_IS_MADE}: POST /bookings answered 5")
    assert re.search(rf"^  FAILED   {re.escape(A_BOOKING_IS_MADE)} ", run.stdout, re.MULTILINE)
    assert re.search(r"^  skipped  Client and specialist find the booking", run.stdout, re.MULTILINE)
    assert re.search(r"^  ok       Bookings are cancelled, slots deleted", run.stdout, re.MULTILINE)


def test_a_stack_that_does_not_answer_fails() -> None:
    with smoke.caller("http://127.0.0.1:9") as api:
        result, why = smoke.carry_out(smoke.answers_health, smoke.Run(api))
    assert result == "FAILED"
    assert "GET /health was not answered" in why


def test_something_that_is_no_base_url_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["localhost"]) == 1
    assert "is not a base URL" in capsys.readouterr().err


def test_the_checklist_is_what_is_executed() -> None:
    written: dict[str, list[str]] = {}
    for line in (ROOT / "SMOKE_CHECKLIST.md").read_text().splitlines():
        if line.startswith("## "):
            written[line.removeprefix("## ")] = []
        elif line.startswith("- [ ] "):
            step = re.sub(r" \(.*\)$", "", line.removeprefix("- [ ] "))
            written[list(written)[-1]].append(step)
    executed = {section: [smoke.name_of(step) for step in steps] for section, steps in smoke.CHECKLIST.items()}
    assert written == executed


def people_left_by(stack: DeployedStack, specialist_email: str) -> dict[str, int]:
    """How many slots and confirmed bookings the run's specialist still has in the tables."""
    dynamodb, tables = stack.client("dynamodb"), stack.outputs()
    claim = dynamodb.get_item(TableName=tables["UsersTableName"], Key={"user_id": {"S": f"email#{specialist_email}"}})
    specialist = {"S": claim["Item"]["holder"]["S"].replace("usr_", "spc_", 1)}
    slots = dynamodb.query(
        TableName=tables["CalendarTableName"],
        KeyConditionExpression="specialist_id = :specialist AND begins_with(sk, :slot)",
        ExpressionAttributeValues={":specialist": specialist, ":slot": {"S": "slot#"}},
    )
    bookings = dynamodb.query(
        TableName=tables["BookingsTableName"],
        IndexName="by_specialist",
        KeyConditionExpression="specialist_id = :specialist",
        ExpressionAttributeValues={":specialist": specialist},
    )
    assert bookings["Count"] == 2
    confirmed = [booking for booking in bookings["Items"] if booking["status"]["S"] == "confirmed"]
    return {"slots": slots["Count"], "confirmed": len(confirmed)}
