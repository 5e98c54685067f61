"""Entry ids describe themselves: the slot and the client that waits for it."""

from dataclasses import dataclass
from typing import Self

from booking.caller import USER_PREFIX
from booking.runtime.ids import RANDOM_BYTES, decode_id, encode_id
from booking.slots.slot_id import SLOT_ID_BYTES, SlotId

_PREFIX = "wle"


@dataclass(frozen=True, slots=True)
class EntryId:
    """What a wait-list entry's id says."""

    slot: SlotId
    client_id: str

    @property
    def text(self) -> str:
        """The id as clients see it."""
        client = decode_id(USER_PREFIX, self.client_id, RANDOM_BYTES) or b""
        return encode_id(_PREFIX, self.slot.to_bytes() + client)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What the id says, or None if it cannot be an entry's id."""
        for size in SLOT_ID_BYTES:
            if payload := decode_id(_PREFIX, text, size + RANDOM_BYTES):
                slot = SlotId.from_bytes(payload[:size])
                return cls(slot, encode_id(USER_PREFIX, payload[size:])) if slot else None
        return None
