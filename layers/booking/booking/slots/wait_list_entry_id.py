"""Entry ids describe themselves: the slot and the client that waits for it."""

from dataclasses import dataclass
from typing import Self

from booking.caller import USER_PREFIX
from booking.runtime.ids import RANDOM_BYTES, decode_id, encode_id
from booking.slots.slot_id import SLOT_ID_BYTES, SLOT_PREFIX, SlotId

_PREFIX = "wle"


@dataclass(frozen=True, slots=True)
class EntryId:
    """What a wait-list entry's id says."""

    slot: SlotId
    client_id: str

    @property
    def text(self) -> str:
        """The id as clients see it."""
        slot = decode_id(SLOT_PREFIX, self.slot.text, SLOT_ID_BYTES) or b""
        client = decode_id(USER_PREFIX, self.client_id, RANDOM_BYTES) or b""
        return encode_id(_PREFIX, slot + client)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What the id says, or None if it cannot be an entry's id."""
        payload = decode_id(_PREFIX, text, SLOT_ID_BYTES + RANDOM_BYTES)
        if payload is None:
            return None
        slot = SlotId.from_bytes(payload[:SLOT_ID_BYTES])
        client_id = encode_id(USER_PREFIX, payload[SLOT_ID_BYTES:])
        return cls(slot, client_id) if slot else None
