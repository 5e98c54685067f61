"""The operator's commands on a running stack: copies and their restoration."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Any

import pytest

from infra.cli import CommandError
from infra.operate.backup import MOST_PER_WRITE, TABLES, back_up, replace, restore, table_names, write
from infra.stack import DeployedStack as Target
from tests.e2e.deployed import DeployedStack, operated
from tests.e2e.people import People, Person, credentials, good

NOW = datetime.now(UTC)
TOLD_WITHIN_SECONDS = 150.0  # other tests may have left a backlog


@dataclass
class Subscriber:
    """Somebody who is told of everything that happens to bookings."""

    sqs: Any
    queue: str
    told: list[tuple[str, str]] = field(default_factory=list)

    def told_about(self, booking_id: str, until: str) -> list[str]:
        """What was told about a booking, in order; waits for an event of that type."""
        deadline = time.monotonic() + TOLD_WITHIN_SECONDS
        while (booking_id, until) not in self.told and time.monotonic() < deadline:
            received = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=2, MaxNumberOfMessages=10)
            for message in received.get("Messages", []):
                event = json.loads(message["Body"])
                self.told.append((event["detail"]["booking"]["id"], event["detail-type"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [kind for about, kind in self.told if about == booking_id]


@pytest.fixture
def subscriber(there: Target) -> Iterator[Subscriber]:
    """A queue with a rule on the stack's bus."""
    sqs, events, name = there.client("sqs"), there.client("events"), f"told-{secrets.token_hex(4)}"
    bus = there.outputs()["EventBusName"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    anybody = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**anybody, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["booking-api"]}))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    yield Subscriber(sqs, queue)
    events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
    events.delete_rule(Name=name, EventBusName=bus)
    sqs.delete_queue(QueueUrl=queue)


@pytest.fixture
def there(stack: DeployedStack) -> Target:
    """The stack under test, as the operator's commands see it."""
    return stack.deployed()


@pytest.fixture
def copied(there: Target, tmp_path: Path) -> Iterator[Path]:
    """A folder for a copy; whatever the test does, the stack has its items again afterwards."""
    safe = tmp_path / "safe"
    back_up(there, safe, NOW)
    yield tmp_path / "copy"
    replace(there, safe, NOW)


def test_after_export_wipe_and_restore_users_log_in_and_bookings_are_there(
    there: Target, people: People, specialist: Person, ann: Person, copied: Path, subscriber: Subscriber
) -> None:
    slot = specialist.open_slot()
    booking = ann.booked(slot, key="kept-over-a-restore")
    assert subscriber.told_about(booking["id"], until="BookingConfirmed") == ["BookingConfirmed"]

    counts = back_up(there, copied, NOW)
    wipe(there)
    assert people.caller().post("/auth/login", json=credentials(ann.email)).status_code == 401
    assert ann.http.get(f"/bookings/{booking['id']}").status_code == 404
    restored = restore(there, copied, NOW)

    assert restored == counts | {"EphemeralTable": len(without_sessions(copied))}
    assert people.caller().post("/auth/refresh", json={"refresh_token": ann.refresh_token}).status_code == 401
    again = people.signed_in(ann.email)
    assert good(again.http.get(f"/bookings/{booking['id']}")) == booking | {"specialist_name": None}
    assert again.holds(slot)
    assert good(again.book(slot, key="kept-over-a-restore"), 201) == booking
    assert again.book(slot).status_code == 409
    assert good(again.cancel(booking["id"]))["status"] == "cancelled"
    # The cancellation is told; of the restored booking itself, nobody is told a second time.
    told = subscriber.told_about(booking["id"], until="BookingCancelled")
    assert told == ["BookingConfirmed", "BookingCancelled"]


def test_a_copy_is_readable_by_its_owner_only_and_says_what_it_holds(
    there: Target, ann: Person, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    counts = back_up(there, copy, NOW)
    assert (copy.stat().st_mode & 0o777) == 0o700
    assert {(copy / f"{table}.jsonl").stat().st_mode & 0o777 for table in TABLES} == {0o600}
    manifest = json.loads((copy / "manifest.json").read_text())
    assert {table: about["items"] for table, about in manifest["tables"].items()} == counts
    assert ann.email in (copy / "UsersTable.jsonl").read_text()


def test_a_copy_is_neither_mixed_with_another_nor_restored_over_data_nor_restored_when_damaged(
    there: Target, ann: Person, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    back_up(there, copy, NOW)
    with pytest.raises(CommandError, match="exists"):
        back_up(there, copy, NOW)
    with pytest.raises(CommandError, match="is not empty"):
        restore(there, copy, NOW)
    users = copy / "UsersTable.jsonl"
    users.write_text(users.read_text().replace(ann.email, "somebody@example.com"))
    with pytest.raises(CommandError, match="damaged"):
        restore(there, copy, NOW)
    (copy / "manifest.json").unlink()
    with pytest.raises(CommandError, match="no finished copy"):
        restore(there, copy, NOW)


def test_a_slot_that_an_earlier_release_has_opened_takes_its_time_once(there: Target, people: People) -> None:
    specialist = people.new("specialist")
    specialist.describe_week("00:00", "24:00", slot_minutes=30, step_minutes=30)
    start = specialist.free_time()
    slot = specialist.open_slot(start)
    dynamodb, calendar = there.client("dynamodb"), there.outputs()["CalendarTableName"]
    of_hour, of_slot = (
        {"specialist_id": {"S": specialist.specialist_id}, "sk": {"S": f"slot#{start:{form}}"}}
        for form in ("%Y-%m-%dT%H", "%Y-%m-%dT%H:%M:%S.%fZ")
    )
    dynamodb.delete_item(TableName=calendar, Key=of_hour)
    dynamodb.update_item(TableName=calendar, Key=of_slot, UpdateExpression="REMOVE claimed")
    assert len(free_at(specialist, start)) == 2

    assert re.fullmatch(r"1 claimed, \d+ unchanged, 0 conflict\.\n", operated(there, "claim-slots"))

    assert free_at(specialist, start) == {slot}
    assert operated(there, "claim-slots").startswith("0 claimed, ")


def free_at(specialist: Person, start: datetime) -> set[str]:
    """The specialist's free slots of both kinds that start then."""
    params = {"date": start.date().isoformat(), "is_booked": "false", "limit": "100"}
    slots = good(specialist.http.get("/specialists/me/slots", params=params))
    return {slot["id"] for slot in slots if datetime.fromisoformat(slot["start_at"]) == start}


def without_sessions(copy: Path) -> list[str]:
    """The keys of what a copy has of the table that sessions are in, and what is put back of it."""
    keys = [json.loads(line)["pk"]["S"] for line in (copy / "EphemeralTable.jsonl").read_text().splitlines()]
    kept = [key for key in keys if not key.startswith(("refresh#", "token#"))]
    assert len(kept) < len(keys)
    return kept


def wipe(there: Target) -> None:
    """Deletes every item of every table."""
    dynamodb = there.client("dynamodb")
    for table in table_names(there).values():
        key = [part["AttributeName"] for part in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for items in batched(page["Items"], MOST_PER_WRITE, strict=False):
                keys = [{name: item[name] for name in key} for item in items]
                write(dynamodb, table, [{"DeleteRequest": {"Key": key}} for key in keys])
