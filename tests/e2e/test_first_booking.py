"""The first booking: as the README makes it, and as the demo data stands ready for it."""

import json
import re
import subprocess
from typing import Any

import httpx

from infra.local import demo
from infra.settings import ROOT
from tests.e2e.deployed import DeployedStack
from tests.e2e.people import People
from tests.e2e.refusals import refused

COMMANDS = re.compile(r"## A first booking\n\n```sh\n(.*?)```", re.DOTALL)
REQUEST = re.compile(r"^(curl (?:\\\n|.)*)$", re.MULTILINE)
SECONDS = 120


def test_the_readmes_first_booking_goes_by_opening_hours(stack: DeployedStack) -> None:
    found = COMMANDS.search((ROOT / "README.md").read_text())
    assert found is not None
    commands = found[1].replace("URL=http://localhost:8000", f"URL={stack.url}")
    one_answer_a_line = REQUEST.sub(r"\1; echo", commands)

    done = subprocess.run(
        ["sh", "-eu", "-c", one_answer_a_line], capture_output=True, text=True, check=True, timeout=SECONDS
    )

    booking, refusal = map(json.loads, done.stdout.splitlines()[-2:])
    assert (booking["status"], booking["service"]["title"]) == ("confirmed", "Haircut")
    assert refusal["error"]["reason"] == "slot_already_booked"


def test_demo_data_is_added_once_and_leaves_a_slot_to_book(stack: DeployedStack, people: People) -> None:
    demo.add(stack.url, stack.deployed())
    before = offered(stack)

    slot_id = demo.add(stack.url, stack.deployed())

    services, schedule, days, bookings = before
    assert sorted(service["buffer_after_minutes"] for service in services) == [0, 15]
    assert schedule["hours"]["mon"] == demo.OPEN
    assert [day["hours"] for day in days] == [[]]
    assert {booking["service"]["title"] for booking in bookings} == {"First consultation", "Follow-up"}
    assert offered(stack) == before
    assert slot_id is not None
    client = people.new("client")
    assert client.booked(slot_id)["slot_id"] == slot_id
    refused(client.book(slot_id), 409, "Slot already booked")
    assert demo.add(stack.url, stack.deployed()) not in {None, slot_id}


def offered(stack: DeployedStack) -> list[Any]:
    """The demo specialist's services, week, days of their own hours, and bookings."""
    with httpx.Client(base_url=stack.url, timeout=demo.COLD_START_SECONDS, trust_env=False) as api:
        token = demo.sign_in(api, *demo.SPECIALIST, role="specialist")
        mine = ("specialists/me/services", "specialists/me/schedule", "specialists/me/schedule/dates")
        return [demo.ask(api, "GET", f"/{what}", token) for what in (*mine, "bookings/specialists/me")]
