"""Makes an admin: admins are never made over HTTP."""

import secrets
from datetime import UTC, datetime

from infra.cli import CommandError
from infra.stack import DeployedStack

PASSWORD_BYTES = 18
PASSWORD_LENGTHS = range(8, 129)


def add_admin(stack: DeployedStack, email: str, password: str) -> None:
    """Makes the admin, and says so; makes a password up where none is given. Raises CommandError for what cannot be."""
    if password and len(password) not in PASSWORD_LENGTHS:
        raise CommandError(f"A password has {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]} characters.")
    made_up = secrets.token_urlsafe(PASSWORD_BYTES)
    known_as = make_admin(stack, email, password or made_up)
    print(f"{known_as} is an admin of {stack}. Sessions that the account had are over.")
    if not password:
        print(f"Password (shown only now): {made_up}")


def make_admin(stack: DeployedStack, email: str, password: str) -> str:
    """An account that is an admin, whatever it was before, and has this password; its address as it is kept."""
    stack.lend_to_booking()
    from booking.accounts.addresses import AddressRejected  # noqa: PLC0415 - as above
    from booking.administration import make_admin as granting  # noqa: PLC0415 - it looks for its tables when imported

    try:
        return granting.make_admin(email, password, datetime.now(UTC)).email
    except AddressRejected as error:
        raise CommandError(f"{email} is not an email address that an account can have: {error}") from error
