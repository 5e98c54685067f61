"""Time zones in requests: IANA names, such as `Europe/Berlin`."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_LONGEST_NAME = 64


def _checked(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        raise PydanticCustomError("time_zone", "Input should be an IANA time zone") from None


TimeZoneName = Annotated[
    str,
    Field(min_length=1, max_length=_LONGEST_NAME, examples=["Europe/Berlin"]),
    AfterValidator(_checked),
]
