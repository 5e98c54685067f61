"""Values as DynamoDB stores them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import STRING

from booking.runtime.clock import from_stored, to_stored

type RawItem = Mapping[str, Mapping[str, Any]]
"""An item as DynamoDB answers it: each attribute's type and value."""


class InstantAttribute(Attribute[datetime]):
    """An instant, stored as text that sorts (`booking.runtime.clock`)."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        """Instant to text."""
        return to_stored(value)

    def deserialize(self, value: str) -> datetime:
        """Text to instant."""
        return from_stored(value)


class EnumAttribute[E: StrEnum](Attribute[E]):
    """One of a few words, stored as its text. Reading another word raises `ValueError`."""

    attr_type = STRING

    def __init__(self, words: type[E], **options: Any) -> None:
        super().__init__(**options)
        self._words = words

    def serialize(self, value: E) -> str:
        """Word to text."""
        return value.value

    def deserialize(self, value: str) -> E:
        """Text to word."""
        return self._words(value)
