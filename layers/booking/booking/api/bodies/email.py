"""E-mail addresses in requests."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from booking.accounts.addresses import AddressRejected, known_address, new_address

_LONGEST_ADDRESS = 254


def _checked(normal_form: Callable[[str], str]) -> AfterValidator:
    """The address in its normal form; the message does not repeat what was sent."""

    def check(address: str) -> str:
        try:
            return normal_form(address)
        except AddressRejected:
            raise PydanticCustomError("email", "Input should be a valid e-mail address") from None

    return AfterValidator(check)


_FIELD = Field(max_length=_LONGEST_ADDRESS, json_schema_extra={"format": "email"})
NewEmail = Annotated[str, _checked(new_address), _FIELD]
KnownEmail = Annotated[str, _checked(known_address), _FIELD]
