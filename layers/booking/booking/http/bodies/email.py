"""E-mail addresses in requests."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_LONGEST_ADDRESS = 254


def _checked(address: str) -> str:
    """The address in its normal form; the message does not repeat what was sent."""
    try:
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise PydanticCustomError("email", "Input should be a valid e-mail address") from None


Email = Annotated[
    str,
    AfterValidator(_checked),
    Field(max_length=_LONGEST_ADDRESS, json_schema_extra={"format": "email"}),
]
