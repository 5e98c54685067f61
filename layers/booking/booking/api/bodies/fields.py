"""The kinds of fields that bodies are made of."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIMESTAMP = re.compile(rf"{_DAY.pattern}[Tt ]\d", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


# The default of a field that may be left out but not be null, in a body of changes: the schema then names no default,
# and the field's value means nothing unless it is among `model_fields_set`.
ABSENT: Any = None


class RequestBody(BaseModel):
    """A body that refuses fields it does not know, so that a typo is not lost silently."""

    model_config = ConfigDict(extra="forbid")


class ResponseBody(BaseModel):
    """A body that is made from a domain object, attribute by attribute (FastAPI's `response_model`).

    All its fields are there, also those with a default: clients need not ask.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def _as_timestamp(value: Any) -> Any:
    """Numbers are not taken for instants, nor texts that are numbers."""
    if isinstance(value, datetime) or (isinstance(value, str) and _TIMESTAMP.match(value)):
        return value
    raise PydanticCustomError("datetime_type", "Input should be an RFC 3339 timestamp")


def _as_day(value: Any) -> Any:
    """Numbers are not taken for days, nor texts that are numbers."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_type", "Input should be a date: YYYY-MM-DD")


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_range", "Timestamp is out of range") from None


def _as_minutes(value: Any) -> int:
    found = _TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("time_of_day", "Input should be a time of day, 00:00 to 24:00")
    hours, minutes = found[0].split(":")
    return int(hours) * 60 + int(minutes)


def _as_zone_name(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        raise PydanticCustomError("time_zone", "Input should be an IANA time zone") from None


def _without_control_characters(text: str) -> str:
    if _CONTROL_CHARACTERS.search(text):
        raise PydanticCustomError("control_characters", "Text must not contain control characters")
    return text


_PLAIN = AfterValidator(_without_control_characters)
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_as_timestamp),
    AfterValidator(_in_utc),
]
# Blanks are taken off before the length is measured.
Title = Annotated[str, StringConstraints(min_length=2, max_length=120, strip_whitespace=True), _PLAIN]
Description = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), _PLAIN]
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True), _PLAIN]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), _PLAIN]
Password = Annotated[str, Field(min_length=8, max_length=128)]
ShownPassword = Annotated[str, Field(max_length=128)]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$", examples=["+493012345678"])]  # E.164
TimeZoneName = Annotated[
    str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"]), AfterValidator(_as_zone_name)
]
Price = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2, examples=["25.00"])]
ServiceMinutes = Annotated[int, Field(ge=5, le=480, strict=True)]
BufferMinutes = Annotated[int, Field(ge=0, le=240, strict=True)]
# In minutes after midnight, as many as the wall clock shows.
TimeOfDay = Annotated[
    int,
    BeforeValidator(
        _as_minutes,
        json_schema_input_type=Annotated[str, Field(pattern=f"^({_TIME_OF_DAY.pattern})$", examples=["09:00"])],
    ),
]
PriceText = Annotated[Decimal, PlainSerializer(lambda price: f"{price:.2f}", return_type=str)]
Day = Annotated[
    date,
    Field(ge=date(2000, 1, 1), le=date(2199, 12, 31)),
    BeforeValidator(_as_day),
]
