"""E-mail addresses in requests, in their normal form.

What checks them is imported with the first address: it would cost routes where one may be left out a part of their
cold start.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_LONGEST_ADDRESS = 254


def _checked(normal_form: Literal["new_address", "known_address"]) -> AfterValidator:
    """By a function of `booking.accounts.addresses`; the message does not repeat what was sent."""

    def check(address: str) -> str:
        from booking.accounts import addresses  # noqa: PLC0415  # as said above

        try:
            return str(getattr(addresses, normal_form)(address))
        except addresses.AddressRejected:
            raise PydanticCustomError("email", "Input should be a valid e-mail address") from None

    return AfterValidator(check)


_FIELD = Field(max_length=_LONGEST_ADDRESS, json_schema_extra={"format": "email"})
NewEmail = Annotated[str, _checked("new_address"), _FIELD]
KnownEmail = Annotated[str, _checked("known_address"), _FIELD]
