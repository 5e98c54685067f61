"""What somebody does first: paste the README's lines, look at the demo data."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from infra.local import demo
from infra.settings import ROOT
from tests.e2e.deployed import DeployedStack, name_of
from tests.e2e.people import People, good, unused_address

README = (ROOT / "README.md").read_text()
LONGEST_SECONDS = 180
ADD = """
import sys
from infra.local import demo
from infra.stack import DeployedStack
url, name = sys.argv[1:]
print(demo.add(url, DeployedStack(name)))
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_first_booking_of_the_readme_works_as_pasted(stack: DeployedStack) -> None:
    (pasted,) = re.findall(r"## A first booking\n\n```sh\n(.*?)```", README, re.DOTALL)
    elsewhere = f'curl() {{ command curl --interface {unused_address()} "$@"; echo; }}\n'
    lines = pasted.replace("http://localhost:8000", stack.url.replace("localhost", "127.0.0.1"))

    run = subprocess.run(
        ["bash", "-c", elsewhere + lines], capture_output=True, text=True, check=True, timeout=LONGEST_SECONDS
    )

    answers = [json.loads(line) for line in run.stdout.splitlines() if line]
    schedule, slots, booking, refusal = answers[1], answers[2], answers[-2], answers[-1]
    assert schedule["hours"].keys() >= {"mon", "tue", "thu", "fri"}
    assert len(slots) == 3
    assert (booking["status"], booking["slot_id"]) == ("confirmed", slots[0]["id"])
    assert refusal["error"]["reason"] == "slot_already_booked"


def test_demo_data_is_a_calendar_to_look_at_and_adding_it_again_changes_nothing(
    stack: DeployedStack, people: People
) -> None:
    slot = add_demo_data(stack)
    specialist = people.signed_in(demo.SPECIALIST[0], demo.SPECIALIST[1])
    listed = f"/specialists/{specialist.specialist_id}"
    before = {path: people.caller().get(listed + path).json() for path in ("/schedule", "/schedule/dates", "/services")}
    bookings = good(specialist.http.get("/bookings/specialists/me"))

    assert before["/schedule"]["hours"]["mon"] == demo.OPEN
    assert [day["hours"] for day in before["/schedule/dates"]] == [[]]
    assert sorted(service["buffer_after_minutes"] for service in before["/services"]) == [0, 15]
    assert {booking["status"] for booking in bookings} == {"confirmed"}
    assert {booking["service"]["title"] for booking in bookings} == {"First consultation", "Follow-up"}

    assert add_demo_data(stack) == slot
    assert {path: people.caller().get(listed + path).json() for path in before} == before
    assert good(specialist.http.get("/bookings/specialists/me")) == bookings
    assert people.new("client").book(slot).status_code == 201


def add_demo_data(stack: DeployedStack) -> str:
    """As `make up` does; the slot that it proposes."""
    run = subprocess.run(
        [sys.executable, "-c", ADD, stack.url, name_of(stack)],
        cwd=ROOT,
        env={**os.environ, **stack.deployed().aws_environment()},
        capture_output=True,
        text=True,
        check=True,
        timeout=LONGEST_SECONDS,
    )
    return run.stdout.strip()
