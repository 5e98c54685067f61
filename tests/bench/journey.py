"""One round of all that happens to bookings, by the functions' handlers; imported once the environment is set."""

import json
import os
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import batched
from types import SimpleNamespace
from typing import Any

from booking.accounts.access_tokens import caller_of
from booking.accounts.table import UserItem
from booking.caller import Caller
from booking.dynamodb.items import update
from booking.runtime import aws
from booking.runtime.clock import current_instant, to_stored
from booking.runtime.settings import settings
from queues.send_mail import handler as send_mail
from streams.publish_events import handler as publish_events
from tests.integration.api import body_of, invoke
from tests.integration.sending import queued_mail
from tests.integration.sweeps import expire_everywhere, remind_everywhere
from tests.integration.tables import create_tables

type Measuring = Callable[..., AbstractContextManager[None]]

CREDENTIALS = {"password": "correct horse battery staple"}
SLOT = timedelta(minutes=15)
SLOTS, BOOKINGS, CHANGES_PER_BATCH = 24, 20, 5
DAYS_AHEAD = 60


class Journey:
    """A specialist with a calendar and a client who books, in empty tables."""

    def __init__(self) -> None:
        create_tables()
        keys = json.dumps({"current": secrets.token_hex(32), "previous": ""})
        aws.client("secretsmanager").create_secret(Name=settings().signing_key_secret, SecretString=keys)
        aws.client("events").create_event_bus(Name=settings().event_bus_name)
        aws.client("ses").verify_email_identity(EmailAddress=settings().mail_sender)
        self._sqs = aws.client("sqs")
        os.environ["MAIL_QUEUE_URL"] = self._sqs.create_queue(QueueName="mail")["QueueUrl"]
        settings.cache_clear()
        self._client_email = "client@example.com"
        self._register("specialist@example.com", "specialist")
        self._register(self._client_email, "client")
        self._specialist = self._log_in("specialist@example.com")
        update(UserItem(user_id=self._specialist.user_id), [UserItem.email_verified.set(True)])
        self._client = self._log_in(self._client_email)
        profile = body_of(invoke("specialists.get_own_profile", "GET", "/specialists/me", caller=self._specialist))
        self._profile = profile["id"]
        midnight = current_instant().replace(hour=0, minute=0, second=0, microsecond=0)
        self._day = midnight + timedelta(days=DAYS_AHEAD)

    def round(self, measuring: Measuring) -> None:
        """A day of slots, most of them booked; one booking moved, one cancelled, the others reminded and expired."""
        self._day += timedelta(days=1)
        slots = [self._open(self._day + number * SLOT) for number in range(SLOTS)]
        with measuring("list a specialist's slots"):
            path = f"/specialists/{self._profile}/slots"
            expect(200, invoke("specialists.list_slots", "GET", path, query={"date": f"{self._day:%Y-%m-%d}"}))
        with measuring("log in"):
            self._log_in(self._client_email)
        with measuring("book", BOOKINGS):
            bookings = [self._book(slot) for slot in slots[:BOOKINGS]]
        with measuring("list my bookings"):
            query = {"date_from": f"{self._day:%Y-%m-%d}"}
            expect(200, invoke("bookings.list_own_bookings", "GET", "/bookings/me", caller=self._client, query=query))
        records = [self._record(booking) for booking in bookings]
        for batch in batched(records, CHANGES_PER_BATCH, strict=True):
            with measuring("publish a change", len(batch)):
                answer = publish_events({"Records": list(batch)}, context())
            if answer["batchItemFailures"]:
                raise AssertionError(answer)
        self._send_mail(measuring)
        with measuring("reschedule"):
            self._change("reschedule", bookings[0], {"slot_id": slots[-1]})
        with measuring("cancel"):
            self._change("cancel", bookings[1], None)
        self._sweep(measuring, len(bookings) - 1)

    def _sweep(self, measuring: Measuring, due: int) -> None:
        with measuring("ask for a reminder", due):
            reminded = remind_everywhere(self._day - timedelta(minutes=1))
        self._send_mail(measuring)
        with measuring("expire", due):
            expired = expire_everywhere(self._day + SLOTS * SLOT)
        if (reminded["queued"], expired["expired"]) != (due, due):
            raise AssertionError((reminded, expired))

    def _send_mail(self, measuring: Measuring) -> None:
        """What is on the queue, in twos, as it comes where there is no backlog."""
        while messages := self._sqs.receive_message(QueueUrl=settings().mail_queue_url, MaxNumberOfMessages=2).get(
            "Messages"
        ):
            event = queued_mail(*(message["Body"] for message in messages), at=current_instant())
            with measuring("send a mail", len(messages)):
                answer = send_mail(event, context())
            if answer["batchItemFailures"]:
                raise AssertionError(answer)
            for message in messages:
                self._sqs.delete_message(QueueUrl=settings().mail_queue_url, ReceiptHandle=message["ReceiptHandle"])

    def _register(self, email: str, role: str) -> None:
        body = json.dumps({"email": email, "role": role, **CREDENTIALS})
        expect(201, invoke("auth.register_user", "POST", "/auth/register", body=body))

    def _log_in(self, email: str) -> Caller:
        body = json.dumps({"email": email, **CREDENTIALS})
        return caller_of(expect(200, invoke("auth.log_in", "POST", "/auth/login", body=body))["access_token"])

    def _open(self, start: datetime) -> str:
        body = json.dumps({"start_at": to_stored(start), "end_at": to_stored(start + SLOT)})
        made = invoke("specialists.open_slot", "POST", "/specialists/me/slots", caller=self._specialist, body=body)
        return str(expect(201, made)["id"])

    def _book(self, slot_id: str) -> str:
        body, headers = json.dumps({"slot_id": slot_id}), {"Idempotency-Key": secrets.token_hex(8)}
        made = invoke("bookings.create_booking", "POST", "/bookings", caller=self._client, body=body, headers=headers)
        return str(expect(201, made)["id"])

    def _change(self, what: str, booking_id: str, body: dict[str, str] | None) -> None:
        text = json.dumps(body) if body else None
        path = f"/bookings/{booking_id}/{what}"
        expect(200, invoke(f"bookings.{what}_booking", "PATCH", path, caller=self._client, body=text))

    def _record(self, booking_id: str) -> dict[str, Any]:
        """The new booking as the table's stream tells it."""
        found = aws.client("dynamodb").get_item(
            TableName=settings().bookings_table, Key={"booking_id": {"S": booking_id}}
        )
        change = {
            "ApproximateCreationDateTime": current_instant().timestamp(),
            "NewImage": found["Item"],
            "SequenceNumber": secrets.token_hex(8),
        }
        return {
            "eventID": secrets.token_hex(8),
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": change,
        }


def expect(status: int, answer: dict[str, Any]) -> Any:
    """The answer's body; a benchmark of refusals would be cheap."""
    if answer["statusCode"] != status:
        raise AssertionError(answer)
    return body_of(answer)


def context() -> SimpleNamespace:
    """What Lambda tells a function about its invocation."""
    return SimpleNamespace(
        aws_request_id="bench",
        function_name="bench",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn",
        get_remaining_time_in_millis=lambda: 1_000_000,
    )
