"""Slot ids describe themselves: specialist, start and end are in the id.

So a booking finds the slot's item without reading anything first. The last bytes are random: a slot that
is deleted and opened again at the same time is another slot.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from booking.caller import SPECIALIST_PREFIX
from booking.runtime.ids import RANDOM_BYTES, decode_id, encode_id
from booking.slots.rules import LONGEST_SLOT

SLOT_PREFIX = "slt"
_START_BYTES = 8
_DURATION_BYTES = 5
_NONCE_BYTES = 3
SLOT_ID_BYTES = RANDOM_BYTES + _START_BYTES + _DURATION_BYTES + _NONCE_BYTES
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SlotId:
    """What a slot's id says. It proves nothing: whether there is such a slot, the table tells."""

    text: str
    specialist_id: str
    start_at: datetime
    end_at: datetime

    @classmethod
    def new(cls, specialist_id: str, start_at: datetime, end_at: datetime) -> Self:
        """The id for a slot that is about to be opened, at most a day long."""
        specialist = decode_id(SPECIALIST_PREFIX, specialist_id, RANDOM_BYTES)
        if specialist is None:
            raise ValueError(f"not a specialist's id: {specialist_id}")
        payload = (
            specialist
            + ((start_at - _EPOCH) // _MICROSECOND).to_bytes(_START_BYTES)
            + ((end_at - start_at) // _MICROSECOND).to_bytes(_DURATION_BYTES)
            + secrets.token_bytes(_NONCE_BYTES)
        )
        return cls(encode_id(SLOT_PREFIX, payload), specialist_id, start_at, end_at)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What the id says, or None if it cannot be a slot's id."""
        payload = decode_id(SLOT_PREFIX, text, SLOT_ID_BYTES)
        return cls.from_bytes(payload) if payload else None

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self | None:
        """The id whose payload this is, or None if no slot can be so long or lies outside of the calendar."""
        specialist, rest = payload[:RANDOM_BYTES], payload[RANDOM_BYTES:]
        start = int.from_bytes(rest[:_START_BYTES])
        length = int.from_bytes(rest[_START_BYTES:-_NONCE_BYTES]) * _MICROSECOND
        if not timedelta(0) < length <= LONGEST_SLOT:
            return None
        try:
            start_at = _EPOCH + start * _MICROSECOND
            end_at = start_at + length
        except OverflowError:
            return None
        text = encode_id(SLOT_PREFIX, payload)
        return cls(text, encode_id(SPECIALIST_PREFIX, specialist), start_at, end_at)
