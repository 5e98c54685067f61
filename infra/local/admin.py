"""Makes an admin on the stack that the environment points at: its tables, in whatever AWS it lives.

Takes the email and, optionally, the password; without one it makes one up and prints it, this once.
"""

import argparse
import secrets
from datetime import UTC, datetime

from booking.accounts.addresses import AddressRejected
from booking.accounts.registration import make_admin

PASSWORD_BYTES = 18
PASSWORD_LENGTHS = range(8, 129)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="make admin", description=__doc__)
    options.add_argument("email")
    options.add_argument("password", nargs="?", default="")
    given = options.parse_args()
    if given.password and len(given.password) not in PASSWORD_LENGTHS:
        options.error(f"A password has {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]} characters.")
    password = given.password or secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        admin = make_admin(given.email, password, datetime.now(UTC))
    except AddressRejected as error:
        options.error(f"{given.email} is not an email address that an account can have: {error}")
    print(f"{admin.email} is an admin. Sessions that the account had are over.")
    if not given.password:
        print(f"Password (shown only now): {password}")


if __name__ == "__main__":
    main()
