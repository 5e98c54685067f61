"""Ids of slots and wait-list entries describe themselves: specialist, start and end, and who waits, are in the id.

So a booking finds the slot's item without reading anything first. The last bytes of a hand-opened slot's id are random:
a slot that is deleted and opened again at the same time is another slot. The id of a slot from opening hours ends
without them, and is the same whenever the slot is listed.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from booking.caller import SPECIALIST_PREFIX, USER_PREFIX
from booking.runtime.clock import instant_of, microseconds_of
from booking.runtime.ids import RANDOM_BYTES, decode_id, encode_id
from booking.slots.minutes import Minutes, minutes_between, without
from booking.slots.rules import LONGEST_SLOT
from booking.specialists.rules import BookedService

SLOT_PREFIX = "slt"
_ENTRY_PREFIX = "wle"
_START_BYTES = 8
_DURATION_BYTES = 5
_NONCE_BYTES = 3
_BYTES_FROM_HOURS = RANDOM_BYTES + _START_BYTES + _DURATION_BYTES
SLOT_ID_BYTES = (_BYTES_FROM_HOURS, _BYTES_FROM_HOURS + _NONCE_BYTES)
"""How long the two kinds of ids are."""
_MICROSECOND = timedelta(microseconds=1)
_LAST_START = microseconds_of(datetime(2200, 1, 1, tzinfo=UTC))
"""Where the calendar ends, long before what a `datetime` can be."""


@dataclass(frozen=True, slots=True)
class SlotId:
    """What a slot's id says. It proves nothing: whether there is such a slot, the table tells."""

    text: str
    specialist_id: str
    start_at: datetime
    end_at: datetime
    from_hours: bool = False

    @classmethod
    def new(cls, specialist_id: str, start_at: datetime, end_at: datetime) -> Self:
        """The id for a slot that is about to be opened, at most a day long."""
        payload = _payload(specialist_id, start_at, end_at) + secrets.token_bytes(_NONCE_BYTES)
        return cls(encode_id(SLOT_PREFIX, payload), specialist_id, start_at, end_at)

    @classmethod
    def of_hours(cls, specialist_id: str, start_at: datetime, length: timedelta) -> Self:
        """The id of a slot from opening hours."""
        end_at = start_at + length
        text = encode_id(SLOT_PREFIX, _payload(specialist_id, start_at, end_at))
        return cls(text, specialist_id, start_at, end_at, from_hours=True)

    def minutes_for(self, service: BookedService | None) -> Minutes:
        """What a booking of the slot for that service takes that is not taken by the slot itself.

        A hand-opened slot has taken its time when it was opened; what its booking takes are the service's buffers.
        """
        before = timedelta(minutes=service.buffer_before_minutes if service else 0)
        after = timedelta(minutes=service.buffer_after_minutes if service else 0)
        minutes = minutes_between(self.start_at - before, self.end_at + after)
        return minutes if self.from_hours else without(minutes, minutes_between(self.start_at, self.end_at))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What the id says, or None if it cannot be a slot's id."""
        for size in SLOT_ID_BYTES:
            if payload := decode_id(SLOT_PREFIX, text, size):
                return cls.from_bytes(payload)
        return None

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self | None:
        """The id whose payload this is, or None if no slot can be so long or lies outside of the calendar."""
        specialist, rest = payload[:RANDOM_BYTES], payload[RANDOM_BYTES:]
        start = int.from_bytes(rest[:_START_BYTES])
        length = int.from_bytes(rest[_START_BYTES : _START_BYTES + _DURATION_BYTES]) * _MICROSECOND
        if not timedelta(0) < length <= LONGEST_SLOT:
            return None
        if start > _LAST_START:
            return None
        start_at = instant_of(start)
        end_at = start_at + length
        text = encode_id(SLOT_PREFIX, payload)
        specialist_id = encode_id(SPECIALIST_PREFIX, specialist)
        return cls(text, specialist_id, start_at, end_at, from_hours=len(payload) == _BYTES_FROM_HOURS)

    def to_bytes(self) -> bytes:
        """The id's payload."""
        size = SLOT_ID_BYTES[0] if self.from_hours else SLOT_ID_BYTES[1]
        return decode_id(SLOT_PREFIX, self.text, size) or b""


def _payload(specialist_id: str, start_at: datetime, end_at: datetime) -> bytes:
    specialist = decode_id(SPECIALIST_PREFIX, specialist_id, RANDOM_BYTES)
    if specialist is None:
        raise ValueError(f"not a specialist's id: {specialist_id}")
    start = microseconds_of(start_at).to_bytes(_START_BYTES)
    return specialist + start + ((end_at - start_at) // _MICROSECOND).to_bytes(_DURATION_BYTES)


@dataclass(frozen=True, slots=True)
class EntryId:
    """What a wait-list entry's id says."""

    slot: SlotId
    client_id: str

    @property
    def text(self) -> str:
        """The id as clients see it."""
        client = decode_id(USER_PREFIX, self.client_id, RANDOM_BYTES) or b""
        return encode_id(_ENTRY_PREFIX, self.slot.to_bytes() + client)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What the id says, or None if it cannot be an entry's id."""
        for size in SLOT_ID_BYTES:
            if payload := decode_id(_ENTRY_PREFIX, text, size + RANDOM_BYTES):
                slot = SlotId.from_bytes(payload[:size])
                return cls(slot, encode_id(USER_PREFIX, payload[size:])) if slot else None
        return None
