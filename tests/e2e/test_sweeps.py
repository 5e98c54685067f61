"""What happens by itself on a deployed stack: expiry, reminders, mail, events, dead letters; IAM enforced."""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema_rs
import pytest
from icalendar import Calendar

from infra.local.inbox import messages
from infra.local.stack import Stack
from infra.settings import ROOT
from tests.e2e.deployed import MAIL_SENDER, DeployedStack, name_of, operated
from tests.e2e.functions import publish
from tests.e2e.least_privilege import Policies
from tests.e2e.mail_sink import MailSink
from tests.e2e.people import People, Person, good
from tests.e2e.refusals import refused
from tests.e2e.sweeps import DELIVERY_SECONDS, dispatch, eventually, set_stored
from tests.unit.template_model import functions

SOON = timedelta(seconds=40)
SHORT = timedelta(minutes=1)
MANY = 40
"""More than workers do while they are looked for."""
SHOWN_AGAIN_SECONDS = 5
SCHEDULE_SECONDS = 100.0
FIVE_TIMES_SECONDS = 60.0
EVENTS = ROOT / "infra" / "events"
SUBSCRIBER = "booking-api-subscriber-of-tests"
QUARTER = timedelta(minutes=15)
KINDS = ("opened by hand", "from hours")


@dataclass(frozen=True)
class Awaited:
    """A booking whose slot is about to start; another client waits for it."""

    id: str
    slot: str
    specialist: Person


@pytest.fixture(scope="module", autouse=True)
def about_to_start(people: People, ann: Person, ben: Person) -> Awaited:
    """Before all tests, which do something else while it starts and the schedule's minute goes by."""
    specialist = people.new("specialist")
    slot = specialist.open_slot(datetime.now(UTC) + SOON)
    booking = ann.booked(slot)
    good(ben.join(slot), 201)
    return Awaited(booking["id"], slot, specialist)


@pytest.fixture(scope="module", autouse=True)
def about_to_lapse(people: People, ann: Person, ben: Person) -> Awaited:
    """A hold of a minute, likewise; the slot itself is far ahead."""
    specialist = people.new("specialist")
    slot = specialist.open_slot()
    booking = good(ann.http.post("/bookings", json={"slot_id": slot, "hold_seconds": 60}), 201)
    good(ben.join(slot), 201)
    return Awaited(booking["id"], slot, specialist)


@pytest.fixture(scope="module")
def subscriber(stack: DeployedStack) -> Iterator[str]:
    """A queue that gets events by the example rule."""
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=SUBSCRIBER,
        TemplateBody=(EVENTS / "example-rule.yaml").read_text(),
        Parameters=[{"ParameterKey": "EventBusName", "ParameterValue": stack.outputs()["EventBusName"]}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=SUBSCRIBER, WaiterConfig={"Delay": 1})
    (made,) = cloudformation.describe_stacks(StackName=SUBSCRIBER)["Stacks"]
    yield {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}["QueueUrl"]
    cloudformation.delete_stack(StackName=SUBSCRIBER)


@pytest.mark.parametrize("kind", KINDS)
def test_a_booking_is_reminded_once_by_three_dispatches_and_anew_when_it_was_moved(
    kind: str, stack: DeployedStack, people: People, sink: MailSink
) -> None:
    specialist, client = people.new("specialist"), people.new("client")
    good(specialist.http.patch("/specialists/me", json={"time_zone": "Asia/Tokyo"}))
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    while start < datetime.now(UTC) + timedelta(minutes=40):
        start += QUARTER
    booking = client.booked(slot_at(start, specialist, kind))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: dispatch(stack, "remind"), range(2)))
    dispatch(stack, "remind")

    (reminder,) = eventually(lambda: sink.to(client.email, "Reminder:"))
    japanese = (start + timedelta(hours=9)).strftime("%Y-%m-%d, %H:%M")
    assert f"{japanese}–" in reminder["Subject"]
    assert "(Asia/Tokyo)" in plain_text_of(reminder)
    (event,) = calendar_of(reminder).events
    assert (event["uid"], event.start) == (f"{booking['id']}@booking-api", start)
    (in_inbox,) = [m for m in inbox(stack) if m["To"] == [client.email] and m["Subject"].startswith("Reminder:")]
    assert (in_inbox["Source"], in_inbox["Subject"]) == (MAIL_SENDER, reminder["Subject"])

    later = start + timedelta(minutes=45)
    good(client.reschedule(booking["id"], slot_at(later, specialist, kind)))
    for _ in range(2):
        dispatch(stack, "remind")

    _, second = eventually(lambda: at_least(2, sink.to(client.email, "Reminder:")))
    (event,) = calendar_of(second).events
    assert (event["uid"], event.start) == (f"{booking['id']}@booking-api", later)


def test_a_sender_that_is_killed_mid_way_loses_nothing_and_nobody_is_reminded_twice(
    stack: DeployedStack, people: People, sink: MailSink
) -> None:
    """What it was just sending is left to its lease; all of it comes again when the queue shows it again."""
    specialist, client = people.new("specialist"), people.new("client")
    soon = datetime.now(UTC) + timedelta(minutes=30)
    ids = [client.booked(specialist.open_slot(soon + n * SHORT, SHORT))["id"] for n in range(MANY)]

    def reminded() -> Counter[str]:
        mails = sink.to(client.email, "Reminder:")
        return Counter(str(event["uid"]) for mail in mails for event in calendar_of(mail).events)

    with shown_again_after(stack, "MailQueueUrl", SHOWN_AGAIN_SECONDS):
        dispatch(stack, "remind")
        eventually(reminded, every=0.01)
        killed = kill_workers(stack, "SendMail")
        assert killed
        assert len(reminded()) < MANY
        # One that was just being sent by each of them may have gone out: the lease keeps it from being sent again.
        eventually(lambda: len(reminded()) >= MANY - len(killed), 2 * DELIVERY_SECONDS)

    assert set(reminded().values()) == {1}
    assert reminded().keys() <= {f"{booking_id}@booking-api" for booking_id in ids}


def test_events_are_published_and_bookings_expire_on_time_while_ses_refuses(
    stack: DeployedStack, people: People, sink: MailSink, subscriber: str
) -> None:
    """Mail waits on its queue until SES takes it again, and is sent once."""
    specialist, client = people.new("specialist"), people.new("client")
    with shown_again_after(stack, "MailQueueUrl", SHOWN_AGAIN_SECONDS):
        with ses_out_of_order(stack) as tried:
            booking = client.booked(specialist.open_slot())
            events = eventually(lambda: at_least(1, received(stack, subscriber, booking["slot_id"])))
            assert [event["detail-type"] for event in events] == ["BookingConfirmed"]
            started = datetime.now(UTC) - SOON
            set_stored(stack, booking["id"], "starts", f"{started:%Y-%m-%dT%H:%M:%S.%fZ}#{booking['id']}")
            dispatch(stack, "expire")
            eventually(lambda: of_status(client, booking["id"], "expired"))
            eventually(lambda: len(tried) >= 2)
            assert booking_mail(sink, client) == []
        eventually(lambda: booking_mail(sink, client) and booking_mail(sink, specialist), 2 * DELIVERY_SECONDS)
    assert (len(booking_mail(sink, client)), len(booking_mail(sink, specialist))) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_client_and_specialist_are_told_what_happened(kind: str, people: People, sink: MailSink) -> None:
    specialist, client, waiting = people.new("specialist"), people.new("client"), people.new("client")
    slot = slot_at(specialist.free_time(), specialist, kind)
    booking = client.booked(slot)
    good(waiting.join(slot), 201)
    good(client.cancel(booking["id"]))

    (promoted,) = eventually(lambda: booking_mail(sink, waiting))
    assert promoted["Subject"].startswith("You have a place:")
    assert calendar_of(promoted)["method"] == "REQUEST"
    eventually(lambda: at_least(3, booking_mail(sink, specialist)))
    assert sorted(subject_word(mail) for mail in booking_mail(sink, client)) == ["Booked", "Cancelled"]
    assert sorted(subject_word(mail) for mail in booking_mail(sink, specialist)) == [
        *("Cancelled", "New booking", "New booking from the wait-list"),
    ]


def test_mail_that_ses_denies_is_given_up_at_once_and_sent_by_redrive(
    stack: DeployedStack, people: People, sink: MailSink
) -> None:
    """Without its permission the function cannot send; what comes behind the denied mail does not wait for it."""
    stack.client("sqs").purge_queue(QueueUrl=stack.outputs()["DeadLetterQueueUrl"])
    specialist, client = people.new("specialist"), people.new("client")
    with without_mail(stack, "SendMail"):
        client.booked(specialist.open_slot())
        letters = eventually(lambda: at_least(2, [one for one in peek(stack) if client.email in json.dumps(one)]))
    assert [letter["reason"] for letter in letters] == ["Refused: AccessDenied"] * 2
    assert booking_mail(sink, client) == booking_mail(sink, specialist) == []

    operated(stack.deployed(), "redrive")

    eventually(lambda: booking_mail(sink, client) and booking_mail(sink, specialist))
    time.sleep(2)
    assert (len(booking_mail(sink, client)), len(booking_mail(sink, specialist))) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_on_the_bus_gets_events_as_their_schema_says(
    kind: str, stack: DeployedStack, people: People, subscriber: str
) -> None:
    specialist, client, waiting = people.new("specialist"), people.new("client"), people.new("client")
    slot = slot_at(specialist.free_time(), specialist, kind)
    booking = client.booked(slot)
    good(waiting.join(slot), 201)
    good(client.cancel(booking["id"]))

    events: list[dict[str, Any]] = []

    def all_of_them() -> bool:
        events.extend(received(stack, subscriber, slot))
        return len(events) >= 3

    eventually(all_of_them)
    schema = jsonschema_rs.validator_for(json.loads((EVENTS / "booking-event.schema.json").read_text()))
    for event in events:
        schema.validate(event["detail"])
        assert event["source"] == "booking-api"
    assert sorted((event["detail-type"], event["detail"]["booking"]["client_id"]) for event in events) == sorted(
        [
            *(("BookingConfirmed", client.id), ("BookingCancelled", client.id)),
            ("BookingConfirmed", waiting.id),
        ]
    )


def test_a_started_booking_expires_by_schedule_its_slot_is_free_and_nobody_is_promoted(
    stack: DeployedStack, about_to_start: Awaited, ann: Person, ben: Person
) -> None:
    """No test before it in this module runs the expiry itself."""
    specialist, slot = about_to_start.specialist, about_to_start.slot

    expired = eventually(lambda: of_status(ann, about_to_start.id, "expired"), SCHEDULE_SECONDS)

    assert datetime.fromisoformat(expired["cancelled_at"]) >= datetime.fromisoformat(expired["slot_start_at"])
    assert slot_item(stack, specialist, slot).keys().isdisjoint({"booking_id", "client_id"})
    assert slot not in {booking["slot_id"] for booking in ben.bookings()}
    for person in (ann, specialist):
        refused(person.cancel(about_to_start.id), 409, "Expired booking cannot be cancelled")
    refused(ben.book(slot), 409, "Slot has already started")


def test_a_hold_lapses_by_schedule_within_a_minute_and_the_first_in_line_gets_the_slot(
    about_to_lapse: Awaited, ann: Person, ben: Person
) -> None:
    """Nothing in this module runs that sweep itself."""
    lapsed = eventually(lambda: of_status(ann, about_to_lapse.id, "expired"), SCHEDULE_SECONDS)

    ended, freed = (datetime.fromisoformat(lapsed[name]) for name in ("hold_expires_at", "cancelled_at"))
    assert timedelta(0) < freed - ended < timedelta(minutes=1)
    assert ben.holds(about_to_lapse.slot)


def test_a_booking_of_opening_hours_expires_its_time_stays_taken_and_nobody_is_promoted(
    stack: DeployedStack, people: People
) -> None:
    specialist, client, waiting = people.new("specialist"), people.new("client"), people.new("client")
    start = specialist.free_time()
    slot = slot_at(start, specialist, "from hours")
    booking = client.booked(slot)
    good(waiting.join(slot), 201)
    started = datetime.now(UTC) - SOON
    set_stored(stack, booking["id"], "starts", f"{started:%Y-%m-%dT%H:%M:%S.%fZ}#{booking['id']}")

    dispatch(stack, "expire")

    eventually(lambda: of_status(client, booking["id"], "expired"))
    assert slot not in specialist.free_slots(start.date()).values()
    assert waiting.bookings() == []


def test_a_poisoned_booking_ends_in_the_dead_letter_queue_and_comes_back_by_redrive(
    stack: DeployedStack, people: People
) -> None:
    stack.client("sqs").purge_queue(QueueUrl=stack.outputs()["DeadLetterQueueUrl"])
    specialist, client = people.new("specialist"), people.new("client")
    poisoned = client.booked(specialist.open_slot())
    healthy = client.booked(people.new("specialist").open_slot())
    whole = set_stored(stack, poisoned["id"], "slot_end_at", "the day after")
    started = datetime.now(UTC) - SOON
    for booking in (poisoned, healthy):
        set_stored(stack, booking["id"], "starts", f"{started:%Y-%m-%dT%H:%M:%S.%fZ}#{booking['id']}")

    dispatch(stack, "expire")

    eventually(lambda: of_status(client, healthy["id"], "expired"))
    letters = eventually(lambda: [letter for letter in peek(stack) if letter.get("source") == "sweep.expire"])
    assert letters[0]["content"]["booking_id"] == poisoned["id"]
    assert letters[0]["reason"] == "ValueError: Invalid isoformat string: 'the day after'"

    set_stored(stack, poisoned["id"], "slot_end_at", whole)
    assert poisoned["id"] in operated(stack.deployed(), "redrive", ends_with=(1,))  # it stays in the queue
    dispatch(stack, "expire")
    eventually(lambda: of_status(client, poisoned["id"], "expired"))


def test_a_message_that_fails_five_times_is_a_dead_letter_and_holds_up_no_other(
    stack: DeployedStack, people: People
) -> None:
    sqs, queue = stack.client("sqs"), stack.outputs()["SweepQueueUrl"]
    sqs.purge_queue(QueueUrl=stack.outputs()["DeadLetterQueueUrl"])
    with shown_again_after(stack, "SweepQueueUrl", 1):
        sqs.send_message(QueueUrl=queue, MessageBody='{"sweep": "expire", "shard": 0}')
        client = people.new("client")
        healthy = client.booked(people.new("specialist").open_slot())
        started = datetime.now(UTC) - SOON
        set_stored(stack, healthy["id"], "starts", f"{started:%Y-%m-%dT%H:%M:%S.%fZ}#{healthy['id']}")
        dispatch(stack, "expire")
        eventually(lambda: of_status(client, healthy["id"], "expired"))
        assert eventually(lambda: peek(stack), FIVE_TIMES_SECONDS) == [{"sweep": "expire", "shard": 0}]
    assert "expire was dispatched since" in operated(stack.deployed(), "redrive")


def slot_at(start: datetime, specialist: Person, kind: str) -> str:
    """A free slot of that kind; one from hours starts at a quarter."""
    if kind == "opened by hand":
        return specialist.open_slot(start)
    specialist.describe_week("00:00", "24:00", slot_minutes=15)
    return specialist.free_slots(start.date())[f"{start:%H:%M}"]


def kill_workers(stack: DeployedStack, function: str) -> list[int]:
    """Ends the processes that run the function, whatever they are doing; their ids."""
    name = stack.outputs()[f"{function}Name"].partition(":")[0]
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    folder = str(stack.state) if isinstance(stack, Stack) else ""  # other stacks' functions have the same name
    of_function = [line for line in listed.stdout.splitlines() if f"{folder}/tmp/ministack-lambda-{name}" in line]
    killed = [int(line.split(None, 1)[0]) for line in of_function if "_worker.py" in line]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    return killed


def received(stack: DeployedStack, queue: str, slot: str) -> list[dict[str, Any]]:
    """The events about a slot's bookings that have come into the subscriber's queue since the last look."""
    found = stack.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    bodies = [json.loads(message["Body"]) for message in found.get("Messages", [])]
    return [body for body in bodies if body["detail"]["booking"]["slot_id"] == slot]


@contextmanager
def shown_again_after(stack: DeployedStack, queue: str, seconds: int) -> Iterator[None]:
    """What could not be worked on is in the queue again after so many seconds."""
    sqs, url = stack.client("sqs"), stack.outputs()[queue]
    whole = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=whole)


@contextmanager
def ses_out_of_order(stack: DeployedStack) -> Iterator[list[str]]:
    """Another SES stands in for the one that works, and answers 503; what it was asked for."""
    tried: list[str] = []

    class OutOfOrder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            tried.append(self.path)
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    functions, name = stack.client("lambda"), stack.outputs()["SendMailName"].partition(":")[0]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    with ThreadingHTTPServer(("127.0.0.1", 0), OutOfOrder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        elsewhere = {"AWS_ENDPOINT_URL_SES": f"http://127.0.0.1:{server.server_port}"}
        publish(functions, name, Environment={"Variables": variables | elsewhere})
        try:
            yield tried
        finally:
            publish(functions, name, Environment={"Variables": variables})
            server.shutdown()


def slot_item(stack: DeployedStack, specialist: Person, slot_id: str) -> dict[str, Any]:
    """A hand-opened slot as it is stored; lists do not show one that has started."""
    found = stack.client("dynamodb").query(
        TableName=stack.outputs()["CalendarTableName"],
        KeyConditionExpression="specialist_id = :specialist AND begins_with(sk, :slots)",
        ExpressionAttributeValues={":specialist": {"S": specialist.specialist_id}, ":slots": {"S": "slot#"}},
        ConsistentRead=True,
    )
    (item,) = [item for item in found["Items"] if item.get("slot_id") == {"S": slot_id}]
    return dict(item)


def timers(stack: DeployedStack, booking_ids: list[str]) -> dict[str, str]:
    """The timers of confirmed bookings, by their ids."""
    table = stack.outputs()["BookingsTableName"]
    keys = [{"booking_id": {"S": booking_id}} for booking_id in booking_ids]
    found = stack.client("dynamodb").batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    return {item["booking_id"]["S"]: item["timer"]["S"] for item in found["Responses"][table]}


def booking_mail(sink: MailSink, person: Person) -> list[EmailMessage]:
    """What that person got about bookings, oldest first: not what every new account gets."""
    return [mail for mail in sink.to(person.email) if mail["Subject"] != "Confirm your address"]


def at_least[T](number: int, found: list[T]) -> list[T]:
    return found if len(found) >= number else []


def of_status(person: Person, booking_id: str, status: str) -> dict[str, Any] | None:
    booking: dict[str, Any] = good(person.http.get(f"/bookings/{booking_id}"))
    return booking if booking["status"] == status else None


def inbox(stack: DeployedStack) -> list[dict[str, Any]]:
    return messages(stack.client("ses").meta.endpoint_url)


def subject_word(mail: EmailMessage) -> str:
    return str(mail["Subject"]).partition(":")[0]


def plain_text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def calendar_of(mail: EmailMessage) -> Calendar:
    (attached,) = mail.iter_attachments()
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    return calendar


def peek(stack: DeployedStack) -> list[dict[str, Any]]:
    """The letters in the queue; they stay there."""
    found = stack.client("sqs").receive_message(
        QueueUrl=stack.outputs()["DeadLetterQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in found.get("Messages", [])]


@contextmanager
def without_mail(stack: DeployedStack, function: str) -> Iterator[None]:
    """The function may not send for a while."""
    (permission,) = [
        permission
        for about in functions()
        if about.name == function
        for permission in about.permissions
        if permission.resource == "MailIdentity"
    ]
    with Policies(stack, name_of(stack)).without(permission):
        yield
