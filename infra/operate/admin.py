"""Makes an admin: admins are never made over HTTP."""

import secrets
from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email

from infra.cli import CommandError
from infra.stack import DeployedStack

PASSWORD_BYTES = 18
PASSWORD_LENGTHS = range(8, 129)


def add_admin(stack: DeployedStack, email: str, password: str) -> None:
    """Checks what the operator has given, makes the admin, and says so; makes a password up where none is given."""
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError as error:
        raise CommandError(f"{email} is not an email address: {error}") from error
    if password and len(password) not in PASSWORD_LENGTHS:
        raise CommandError(f"A password has {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]} characters.")
    made_up = secrets.token_urlsafe(PASSWORD_BYTES)
    make_admin(stack, email, password or made_up)
    print(f"{email} is an admin of {stack}.")
    if not password:
        print(f"Password (shown only now): {made_up}")


def make_admin(stack: DeployedStack, email: str, password: str) -> None:
    """An account that is an admin, whatever it was before, and has this password."""
    stack.lend_to_booking()
    from booking.accounts import registration  # noqa: PLC0415 - it looks for its tables when it is imported

    registration.make_admin(email, password, datetime.now(UTC))
