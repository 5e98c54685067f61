"""Erases a person who has asked the operator for it."""

import os
import re
from datetime import datetime

from infra.cli import CommandError
from infra.stack import DeployedStack


def erase(stack: DeployedStack, email: str, now: datetime) -> str:
    """Does for whoever has the address what `DELETE /users/me` does, and says so. Raises CommandError."""
    stack.lend_to_booking()
    os.environ.update(settings_of(stack))
    from booking.accounts.addresses import AddressRejected  # noqa: PLC0415 - `booking` looks for its tables when imported
    from booking.errors import BookingError  # noqa: PLC0415 - as above
    from booking.privacy.erase_by_address import erase_by_address  # noqa: PLC0415 - as above

    try:
        had_account = erase_by_address(email, now)
    except (AddressRejected, BookingError) as error:
        raise CommandError(f"{email} is not erased: {error}") from error
    found = "had an account, which is erased" if had_account else "has no account"
    return f"{email} {found}; bookings of {stack} name nobody with this address."


def settings_of(stack: DeployedStack) -> dict[str, str]:
    """The stack's parameters, by the names of the variables that functions get them in."""
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): value for name, value in stack.parameters().items()}
