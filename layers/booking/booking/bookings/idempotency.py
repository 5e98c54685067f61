"""Idempotency keys: a repeated `POST /bookings` answers what the first one answered.

The record is written in the same transaction as the booking. So a key whose booking failed is free, and
of parallel requests with one key exactly one books while the others find its record.

A record does not tell who the client is: the booking does, so that nobody need look for records to erase a person.
"""

import json
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute

from booking.bookings.errors import KeyUsedForOtherRequest
from booking.bookings.rules import Booking
from booking.bookings.table import OF_CLIENT, BookingItem, booking_of, without_person
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.ephemeral import EphemeralItem, hash_of
from booking.dynamodb.errors import Step
from booking.dynamodb.items import get, get_all
from booking.dynamodb.transaction import Transaction
from booking.runtime.clock import epoch_seconds

KEPT = timedelta(hours=24)


class _Record(EphemeralItem):
    request = UnicodeAttribute()
    answer = UnicodeAttribute()


def remember(transaction: Transaction, asker_id: str, key: str, request: str, answer: Booking, now: datetime) -> Step:
    """Adds the record of a request and its answer to the write that carries the request out."""
    record = _Record(
        pk=_record_key(asker_id, key),
        request=hash_of(request),
        answer=json.dumps(without_person(BookingItem.of_new(answer).to_dynamodb_dict())),
        expires_at=epoch_seconds(now + KEPT),
    )
    unused = _Record.pk.does_not_exist() | (_Record.expires_at <= epoch_seconds(now))
    return transaction.put(record, condition=unused)


def remembered_answer(old: RawItem, request: str) -> Booking:
    """The answer that the key's first request got. Raises `KeyUsedForOtherRequest`."""
    return _answer_of(_Record.from_old(old), request)


def find_answer(asker_id: str, key: str, request: str, now: datetime) -> Booking | None:
    """The answer that the asker's first request with that key got, if there was one. Raises `KeyUsedForOtherRequest`.

    For a request that is refused before anything is written: its repeat may come when the slot is not offered any more.
    """
    record = get(_Record, _record_key(asker_id, key), consistent=True)
    if record is None or record.expires_at <= epoch_seconds(now):
        return None
    return _answer_of(record, request)


def _answer_of(record: _Record, request: str) -> Booking:
    if record.request not in {hash_of(request), request}:  # records of earlier releases have the request's text
        raise KeyUsedForOtherRequest
    answer = json.loads(record.answer)
    (now,) = get_all(BookingItem, [(answer["booking_id"]["S"],)])
    return booking_of({**answer, **{name: now[name] for name in OF_CLIENT if name in now}})


def _record_key(asker_id: str, key: str) -> str:
    return f"idempotency#{asker_id}#{hash_of(key)}"
