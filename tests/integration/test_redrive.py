"""`make redrive`: every kind of dead letter, once its cause is mended."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from booking.background.shards import ShardMessage
from booking.bookings.table import BookingItem, TimerKind, reminder_timer
from booking.bookings.timers import give_up
from infra.operate.redrive import Redrive
from tests.instants import NOW
from tests.integration.tables import booking_item, change_stored

BOOKING_ID = "bkg_given_up"
STARTS = "2026-03-01T09:00:00.000000Z#bkg_given_up"


@dataclass
class Functions:
    """Lambda as far as it is asked: who was invoked with what; those that are `broken` fail."""

    invoked: list[tuple[str, Any]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        self.invoked.append((FunctionName, json.loads(Payload)))
        failed = {"FunctionError": "Unhandled"} if FunctionName in self.broken else {}
        return {"Payload": io.BytesIO(b"{}"), **failed}


@dataclass
class Streams:
    """A shard with records of these sequence numbers, or one that refuses to be read."""

    numbers: list[int] = field(default_factory=list)
    refusal: str | None = None

    def get_shard_iterator(self, SequenceNumber: str, **_: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal}}, "GetShardIterator")
        return {"ShardIterator": SequenceNumber}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 - boto3's
        found = [number for number in self.numbers if number >= int(ShardIterator)][:Limit]
        return {"Records": [{"dynamodb": {"SequenceNumber": str(number)}} for number in found]}


@dataclass
class Queue:
    """The stack's dead-letter queue, in moto, and what a redrive of it does."""

    url: str
    mail_url: str
    functions: Functions = field(default_factory=Functions)
    streams: Streams = field(default_factory=Streams)
    said: list[str] = field(default_factory=list)

    def put(self, *letters: dict[str, Any]) -> None:
        for letter in letters:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(letter))

    def redrive(self) -> dict[str, int]:
        functions = {f"{name}Name": f"{name}:live" for name in ("DispatchSweeps", "PublishEvents")}
        queues = {"DeadLetterQueueUrl": self.url, "MailQueueUrl": self.mail_url, "SweepQueueUrl": self.mail_url}
        clients: dict[str, Any] = {"sqs": self.sqs, "lambda": self.functions, "dynamodbstreams": self.streams}
        return Redrive(clients.__getitem__, functions | queues).run(self.said.append)

    def mails(self) -> list[str]:
        """What was put on the mail queue."""
        found = self.sqs.receive_message(QueueUrl=self.mail_url, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]

    def left(self) -> int:
        """How many letters there are, also those that somebody has received."""
        counts = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return int(counts["ApproximateNumberOfMessages"]) + int(counts["ApproximateNumberOfMessagesNotVisible"])

    @property
    def sqs(self) -> Any:
        return boto3.client("sqs", region_name="us-east-1")


@pytest.fixture
def queue(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setattr("infra.operate.redrive.WAIT_SECONDS", 0)
    sqs = boto3.client("sqs", region_name="us-east-1")
    letters, mail = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("letters", "mail"))
    yield Queue(letters, mail)
    for url in (letters, mail):
        sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize("sweep", ["expire", "remind"])
def test_the_messages_of_a_sweep_go_once_it_was_dispatched_anew(queue: Queue, sweep: str) -> None:
    """What SQS put there, and the events of schedules that Lambda did."""
    shards = [json.loads(ShardMessage(sweep, shard, NOW).text) for shard in range(3)]
    queue.put({"sweep": sweep}, *shards, {"sweep": sweep, "again": True})
    assert queue.redrive() == {"done": 5, "stay": 0}
    assert queue.functions.invoked == [("DispatchSweeps:live", {"sweep": sweep})]
    assert queue.left() == 0


def test_who_was_to_be_erased_is_asked_for_again(queue: Queue) -> None:
    """By way of the sweeps' queue, which is the same here as that of mail."""
    queue.put({"erase": "usr_x", "guest": None, "began": "2030-03-01T09:00:00.000000Z"})
    assert queue.redrive() == {"done": 1, "stay": 0}
    assert [json.loads(text)["erase"] for text in queue.mails()] == ["usr_x"]


def test_the_letter_of_a_dispatch_that_fails_again_stays(queue: Queue) -> None:
    queue.functions.broken.add("DispatchSweeps:live")
    queue.put({"sweep": "remind"})
    assert queue.redrive() == {"done": 0, "stay": 1}
    assert "stays  the dispatch of remind failed again, see the log of DispatchSweeps:live" in queue.said
    assert queue.left() == 1


def test_a_mail_goes_back_to_its_queue_whoever_put_it_aside(queue: Queue) -> None:
    mail = {"mail": "mail#1", "occasion": "confirmed"}
    link = {"kind": "account_mail", "key": "account#1", "purpose": "verification", "address": "ann@example.com"}
    queue.put({"source": "queue.send_mail", "reason": "Refused: no", "content": {"message": "what?"}}, mail, link)
    assert queue.redrive() == {"done": 3, "stay": 0}
    assert sorted(queue.mails()) == sorted(["what?", json.dumps(mail), json.dumps(link)])


@pytest.mark.parametrize(
    "body",
    [
        '{"source": "nobody"}',
        "{}",
        "[]",
        "null",
        "text",
        '{"source": "sweep.expire"}',
        '{"source": "sweep.expire", "content": "text"}',
        '{"source": "sweep.expire", "content": {"timer": "expire#bkg_1"}}',
        '{"source": "sweep.remind", "content": {"booking_id": 1, "timer": null}}',
        '{"source": "stream.publish_events"}',
        '{"source": "stream.publish_events", "content": []}',
        '{"sweep": "nobody", "shard": 1}',
        '{"sweep": 1}',
        '{"source": "queue.send_mail", "content": {"message": null}}',
        '{"mail": "mail#1"}',
        '{"DDBStreamBatchInfo": {"batchSize": 1}}',
    ],
)
def test_what_nobody_knows_stays_and_holds_up_nothing(queue: Queue, body: str) -> None:
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody=body)
    queue.put({"sweep": "remind"})
    assert queue.redrive() == {"done": 1, "stay": 1}
    assert (queue.left(), len(queue.functions.invoked)) == (1, 1)
    assert sorted(line[:7] for line in queue.said) == ["done   ", "stays  "]


def test_a_record_of_the_stream_is_handed_to_its_function_again(queue: Queue) -> None:
    queue.put({"source": "stream.publish_events", "reason": "KeyError: 'a'", "content": {"eventID": "1"}})
    assert queue.redrive() == {"done": 1, "stay": 0}
    assert queue.functions.invoked == [("PublishEvents:live", {"Records": [{"eventID": "1"}]})]


RANGE = {"streamArn": "arn", "shardId": "1", "startSequenceNumber": "100", "endSequenceNumber": "101", "batchSize": 2}


def test_the_records_that_lambda_names_are_read_and_handed_to_their_function(queue: Queue) -> None:
    queue.streams.numbers = [99, 100, 101, 102]
    queue.put({"DDBStreamBatchInfo": RANGE})
    assert queue.redrive() == {"done": 1, "stay": 0}
    ((function, event),) = queue.functions.invoked
    assert function == "PublishEvents:live"
    assert [record["dynamodb"]["SequenceNumber"] for record in event["Records"]] == ["100", "101"]


@pytest.mark.parametrize("code", ["TrimmedDataAccessException", "ResourceNotFoundException"])
def test_a_letter_about_records_that_the_stream_no_longer_has_stays(queue: Queue, code: str) -> None:
    queue.streams.refusal = code
    queue.put({"DDBStreamBatchInfo": RANGE})
    assert queue.redrive() == {"done": 0, "stay": 1}
    assert queue.said == ["stays  the stream still has 0 of the 2 records from 100 on"]
    assert (queue.left(), queue.functions.invoked) == (1, [])


@pytest.fixture
def letter() -> Callable[[str], dict[str, Any]]:
    """The letter of a booking that a sweep has given up, and the booking in that state."""

    def of(status: str) -> dict[str, Any]:
        key, timer = {"booking_id": BOOKING_ID}, reminder_timer(BOOKING_ID)
        change_stored("bookings", key, status=status, starts=STARTS, timer=timer)
        raw = {"booking_id": {"S": BOOKING_ID}, "timer": {"S": timer}, "starts": {"S": STARTS}}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("booking.bookings.timers.send_dead_letter", lambda *_: None)
            give_up(TimerKind.EXPIRE, raw, ValueError())
        return {"source": "sweep.expire", "reason": "ValueError", "content": {"booking_id": BOOKING_ID, "timer": timer}}

    return of


def test_a_booking_that_a_sweep_gave_up_waits_for_the_next_one(
    queue: Queue, letter: Callable[[str], dict[str, Any]]
) -> None:
    queue.put(letter("confirmed"))
    assert "timer" not in booking_item(BOOKING_ID)
    assert queue.redrive() == {"done": 1, "stay": 0}
    assert booking_item(BOOKING_ID)[BookingItem.timer.attr_name] == reminder_timer(BOOKING_ID)


def test_a_booking_that_has_ended_meanwhile_gets_no_timer(
    queue: Queue, letter: Callable[[str], dict[str, Any]]
) -> None:
    queue.put(letter("cancelled"))
    assert queue.redrive() == {"done": 1, "stay": 0}
    assert queue.said == [f"done   {BOOKING_ID} has ended meanwhile"]
    assert "timer" not in booking_item(BOOKING_ID)
