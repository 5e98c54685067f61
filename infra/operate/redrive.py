"""`make redrive`: gives what lies in the dead-letter queue another try, once its cause is mended.

A sweep's letter puts the timer back on its booking. A message of the sweeps' queue, which SQS puts there after five
tries, and the event of a schedule, which Lambda puts there when a dispatch failed, dispatch the sweep: that finds
every shard in which something is due. An erasure goes back to the sweeps' queue, a mail to the mail queue. A message
of the stream's function hands its record to the function again. A message of Lambda's own names records of the stream:
they are read again while the stream still has them (24 h). What cannot be tried again stays in the queue, with a line
that says why.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from booking.bookings.timers import restore_timer
from booking.sweeps import SWEEPS

BATCH = 10
HIDDEN_SECONDS = 120
WAIT_SECONDS = 1
RANGE = {"streamArn", "shardId", "startSequenceNumber", "endSequenceNumber", "batchSize"}
"""What Lambda says of the records that it gave up."""


class CannotRedrive(Exception):
    """The message cannot be tried again; says why."""


@dataclass(frozen=True)
class Redrive:
    """The stack whose messages are tried again: its clients and outputs."""

    client: Callable[[str], Any]
    outputs: Mapping[str, str]
    dispatched: set[str] = field(default_factory=set)

    def run(self, say: Callable[[str], object] = print) -> dict[str, int]:
        """Tries every message once; counts those that are `done` and those that `stay`."""
        queue = self.outputs["DeadLetterQueueUrl"]
        counts = {"done": 0, "stay": 0}
        tried: set[str] = set()
        for message in self._messages(queue):
            if message["Body"] in tried:
                counts["stay"] += 1
                say(f"stays  it came back at once: {message['Body'][:200]}")
                continue
            tried.add(message["Body"])
            try:
                about = self._try_again(message["Body"])
            except CannotRedrive as why:
                counts["stay"] += 1
                say(f"stays  {why}")
                continue
            self.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            counts["done"] += 1
            say(f"done   {about}")
        return counts

    def _messages(self, queue: str) -> Iterator[dict[str, Any]]:
        """Each message once: one that was received is hidden from the next look."""
        look = {"MaxNumberOfMessages": BATCH, "VisibilityTimeout": HIDDEN_SECONDS, "WaitTimeSeconds": WAIT_SECONDS}
        while found := self.client("sqs").receive_message(QueueUrl=queue, **look).get("Messages"):
            yield from found

    def _try_again(self, body: str) -> str:
        try:
            message = json.loads(body)
        except ValueError as error:
            raise CannotRedrive(f"a message that is not JSON: {body[:200]}") from error
        match message:
            case {
                "source": str(source),
                "content": ({"booking_id": str(), "timer": str()} | {"specialist_id": str()}) as content,
            } if source.startswith("sweep."):
                return self._set_timer(content)
            case {"source": "stream.publish_events", "content": dict(record)}:
                return self._publish([record])
            case {"DDBStreamBatchInfo": dict(batch)} if batch.keys() >= RANGE:
                return self._publish(self._records(batch))
            case {"source": "queue.send_mail", "content": {"message": str(mail)}}:
                return self._send("a mail", mail)
            case {"mail": str(), "occasion": str()} | {"kind": "account_mail"} | {"erase": str()}:
                return self._send("an erasure" if "erase" in message else "a mail", body)
            case {"sweep": str(sweep)} if sweep in SWEEPS:
                return self._dispatch(sweep)
        raise CannotRedrive(f"a message of an unknown kind: {body[:200]}")

    def _set_timer(self, content: Mapping[str, str]) -> str:
        """The next sweep finds the booking again; one that has ended meanwhile needs nothing, nor does a digest."""
        if "specialist_id" in content:
            return f"the digests of {content['specialist_id']} go on the next morning"
        booking_id = content["booking_id"]
        waits = restore_timer(booking_id, content["timer"])
        return f"{booking_id} {'waits for the next sweep' if waits else 'has ended meanwhile'}"

    def _send(self, what: str, message: str) -> str:
        """By way of its queue: the function knows whether a mail was sent by its ledger, and who is erased already."""
        queue = {"a mail": "MailQueueUrl", "an erasure": "SweepQueueUrl"}[what]
        self.client("sqs").send_message(QueueUrl=self.outputs[queue], MessageBody=message)
        return f"{what} is on its queue again"

    def _dispatch(self, sweep: str) -> str:
        """Any dispatch finds what was due at the one that failed; one is enough for all of a sweep's messages."""
        if sweep not in self.dispatched:
            function, event = self.outputs["DispatchSweepsName"], json.dumps({"sweep": sweep})
            answer = self.client("lambda").invoke(FunctionName=function, Payload=event)
            if "FunctionError" in answer:
                raise CannotRedrive(f"the dispatch of {sweep} failed again, see the log of {function}")
            self.dispatched.add(sweep)
        return f"{sweep} was dispatched since"

    def _publish(self, records: list[dict[str, Any]]) -> str:
        """The function knows by its ledger what of them it has published already."""
        function = self.outputs["PublishEventsName"]
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"Records": records}))
        result = json.loads(answer["Payload"].read() or "{}") or {}
        if "FunctionError" in answer or result.get("batchItemFailures"):
            raise CannotRedrive(
                f"{function} failed again, see its log: {', '.join(str(r.get('eventID')) for r in records)}"
            )
        return f"{len(records)} record(s) published"

    def _records(self, info: Mapping[str, Any]) -> list[dict[str, Any]]:
        streams = self.client("dynamodbstreams")
        shard = {"StreamArn": info["streamArn"], "ShardId": info["shardId"]}
        last, wanted = int(info["endSequenceNumber"]), int(info["batchSize"])
        found: list[dict[str, Any]] = []
        try:
            place = streams.get_shard_iterator(
                **shard, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=info["startSequenceNumber"]
            )["ShardIterator"]
            while place and len(found) < wanted:
                page = streams.get_records(ShardIterator=place, Limit=wanted - len(found))
                if not page["Records"]:
                    break
                found.extend(r for r in page["Records"] if int(r["dynamodb"]["SequenceNumber"]) <= last)
                place = page.get("NextShardIterator")
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"TrimmedDataAccessException", "ResourceNotFoundException"}:
                raise
        if len(found) < wanted:
            raise CannotRedrive(
                f"the stream still has {len(found)} of the {wanted} records from {info['startSequenceNumber']} on"
            )
        records: list[dict[str, Any]] = json.loads(json.dumps(found, default=lambda moment: moment.timestamp()))
        return records
