"""SES, the event bus and the queues as tests see them: what they were handed, and how they fail."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest
from icalendar import Calendar

from booking.notifications import mail
from booking.runtime.aws import client
from booking.runtime.settings import settings
from tests.integration.store_calls import Answer, _before_calls

SENDER = "noreply@booking.example"
BUS = "the-event-bus-of-tests"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/the-dead-letters-of-tests"
SWEEP_QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/the-due-shards-of-tests"
MAIL_QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/the-mail-of-tests"
OK: Answer = (SimpleNamespace(status_code=200, headers={}), {"FailedEntryCount": 0, "Entries": [{}], "MessageId": "1"})


class Died(BaseException):
    """The function's process has ended here: nothing after this line was run."""


@dataclass
class Outside:
    """What left the house. The hooks run when something arrives: they may raise, or answer otherwise."""

    mails: list[EmailMessage] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    shards: list[str] = field(default_factory=list)
    """The messages in the sweeps' queue, as text."""
    delays: list[int] = field(default_factory=list)
    """After how many seconds each of them comes."""
    requests: list[str] = field(default_factory=list)
    """The messages in the mail queue, as text."""
    before_mail: Callable[[str], Answer] = lambda _recipient: None
    after_mail: Callable[[str], Answer] = lambda _recipient: None
    before_event: Callable[[], Answer] = lambda: None
    refused_entries: dict[int, str] = field(default_factory=dict)
    """What the bus says of single entries of a request, by their place: it answers 200, and names them in the body."""
    before_letter: Callable[[], Answer] = lambda: None
    before_request: Callable[[], Answer] = lambda: None

    @property
    def recipients(self) -> list[str]:
        return [str(found["To"]) for found in self.mails]

    def take(self, operation: str, parameters: dict[str, Any]) -> Answer:
        return {"SendRawEmail": self._mail, "PutEvents": self._event, "SendMessage": self._message}[operation](
            parameters
        )

    def _message(self, parameters: dict[str, Any]) -> Answer:
        queues = {SWEEP_QUEUE: self._shard, MAIL_QUEUE: self._request, QUEUE: self._letter}
        return queues[parameters["QueueUrl"]](parameters)

    def _shard(self, parameters: dict[str, Any]) -> Answer:
        self.shards.append(parameters["MessageBody"])
        self.delays.append(parameters["DelaySeconds"])
        return OK

    def _request(self, parameters: dict[str, Any]) -> Answer:
        if refusal := self.before_request():
            return refusal
        self.requests.append(parameters["MessageBody"])
        return OK

    def _mail(self, parameters: dict[str, Any]) -> Answer:
        (recipient,) = parameters["Destinations"]
        if refusal := self.before_mail(recipient):
            return refusal
        found = message_from_bytes(parameters["RawMessage"]["Data"], policy=default)
        assert isinstance(found, EmailMessage)
        assert found["To"] == recipient
        self.mails.append(found)
        return self.after_mail(recipient) or OK

    def _event(self, parameters: dict[str, Any]) -> Answer:
        if refusal := self.before_event():
            return refusal
        answers = []
        for place, entry in enumerate(parameters["Entries"]):
            if code := self.refused_entries.get(place):
                answers.append({"ErrorCode": code, "ErrorMessage": "as the bus says"})
                continue
            self.events.append(entry)
            answers.append({"EventId": str(len(self.events))})
        body = {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}
        return (SimpleNamespace(status_code=200, headers={}), body)

    def _letter(self, parameters: dict[str, Any]) -> Answer:
        if refusal := self.before_letter():
            return refusal
        self.letters.append(json.loads(parameters["MessageBody"]))
        return OK


@contextmanager
def everything_outside() -> Iterator[Outside]:
    """A stack with a sender, a bus and queues."""
    outside = Outside()
    with pytest.MonkeyPatch.context() as environment, ExitStack() as watched:
        environment.setenv("MAIL_SENDER", SENDER)
        environment.setenv("EVENT_BUS_NAME", BUS)
        environment.setenv("DEAD_LETTER_QUEUE_URL", QUEUE)
        environment.setenv("SWEEP_QUEUE_URL", SWEEP_QUEUE)
        environment.setenv("MAIL_QUEUE_URL", MAIL_QUEUE)
        environment.setenv("MAILS_PER_SECOND", "1000")
        settings.cache_clear()
        for of in (mail._ses(), client("events"), client("sqs")):
            watched.enter_context(_before_calls(of, outside.take))
        yield outside
    settings.cache_clear()


def error(code: str, sentence: str = "as SES says", status: int = 400) -> Answer:
    """What AWS answers when it refuses."""
    body = {"Error": {"Code": code, "Message": sentence}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return (SimpleNamespace(status_code=status, headers={}), body)


def text_of(found: EmailMessage, kind: str = "plain") -> str:
    part = found.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def calendar_of(found: EmailMessage) -> Calendar:
    """The .ics that is attached, as a calendar program reads it."""
    (attached,) = found.iter_attachments()
    assert attached.get_filename() == "booking.ics"
    assert attached.get_content_type() == "text/calendar"
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    return calendar
