"""Makes an admin on the stack that the environment points at: its tables, in whatever AWS it lives.

Takes the email and, optionally, the password; without one it makes one up and prints it, this once.
"""

import argparse
import secrets
from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email

from booking.accounts.registration import make_admin

PASSWORD_BYTES = 18
PASSWORD_LENGTHS = range(8, 129)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="make admin", description=__doc__)
    options.add_argument("email")
    options.add_argument("password", nargs="?", default="")
    given = options.parse_args()
    try:
        validate_email(given.email, check_deliverability=False)
    except EmailNotValidError as error:
        options.error(f"{given.email} is not an email address: {error}")
    if given.password and len(given.password) not in PASSWORD_LENGTHS:
        options.error(f"A password has {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]} characters.")
    password = given.password or secrets.token_urlsafe(PASSWORD_BYTES)
    make_admin(given.email, password, datetime.now(UTC))
    print(f"{given.email} is an admin.")
    if not given.password:
        print(f"Password (shown only now): {password}")


if __name__ == "__main__":
    main()
