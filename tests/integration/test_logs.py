"""Log lines: what every line of a request or run has, and what none has."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from booking.background import shards
from booking.background.sweep import Sweep
from booking.bookings.expire import EXPIRY
from booking.notifications.reminders import REMINDERS
from booking.telemetry import metrics
from infra.settings import ROOT
from queues import send_mail, work_off_shards
from streams import publish_events
from tests.integration.api import INVOCATION, an_invocation, invoke
from tests.integration.people import HOUR, NOW, a_booking, a_client, a_specialist
from tests.integration.sending import queued_mail
from tests.integration.store_calls import unreachable
from tests.integration.sweeps import dispatched
from tests.integration.tables import booking_item, change_stored, stored

pytestmark = pytest.mark.usefixtures("outside")

type LogLines = Callable[[], list[dict[str, Any]]]


def test_a_line_names_its_function() -> None:
    """Functions share a log group."""
    finished = subprocess.run(
        [sys.executable, "-c", "from booking.telemetry.log import logger; logger.info('a line')"],
        env={"PYTHONPATH": str(ROOT / "layers" / "booking"), "AWS_LAMBDA_FUNCTION_NAME": "the-function"},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(finished.stdout)["function_name"] == "the-function"


def test_a_line_of_a_request_has_its_id_and_no_name_of_a_task(log_lines: LogLines) -> None:
    invoke("ops.get_health", "GET", "/health")

    (line,) = log_lines()
    assert line["request_id"] == "id-of-the-gateway"
    assert line.keys().isdisjoint({"taskName", "location"})


@pytest.mark.parametrize(("sweep", "at"), [(REMINDERS, NOW), (EXPIRY, NOW + HOUR)], ids=["remind", "expire"])
def test_every_line_of_a_sweep_has_the_invocations_id(
    sweep: Sweep, at: Any, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = a_booking(a_specialist(), a_client())
    change_stored("bookings", {"booking_id": poisoned.id}, slot_end_at="the day after")
    monkeypatch.setattr(shards, "current_instant", lambda: at)

    shard = int(booking_item(poisoned.id)["timer"].partition("#")[2])
    work_off_shards.handler(dispatched(sweep, [shard]), an_invocation())

    lines = log_lines()
    assert [line["message"] for line in lines] == ["an item cannot be worked on", "dead letter", "sweep"]
    assert {line["request_id"] for line in lines} == {INVOCATION}


def test_every_line_of_the_streams_function_has_the_invocations_id(log_lines: LogLines) -> None:
    nonsense = {"eventID": "1", "dynamodb": {"SequenceNumber": "1", "NewImage": {"status": {"S": "none"}}}}

    publish_events.handler({"Records": [nonsense]}, an_invocation())

    lines = log_lines()
    assert [line["message"] for line in lines] == ["a record cannot be worked on", "dead letter"]
    assert {line["request_id"] for line in lines} == {INVOCATION}


def test_every_line_of_the_mails_function_has_the_invocations_id(log_lines: LogLines) -> None:
    send_mail.handler(queued_mail("what?"), an_invocation())

    lines = log_lines()
    assert [line["message"] for line in lines] == ["a mail cannot be sent", "dead letter"]
    assert {line["request_id"] for line in lines} == {INVOCATION}


def test_what_a_run_has_counted_is_kept_though_it_fails() -> None:
    metrics.count("dead_letters")
    with unreachable("Query"):
        work_off_shards.handler(dispatched(EXPIRY, [0]), an_invocation())

    (totals,) = stored("metrics")
    assert totals["dead_letters"] == 1
