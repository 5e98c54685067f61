"""Making admins: what the operator's command does."""

from datetime import datetime

from booking.accounts.grant_admin import grant_admin
from booking.accounts.user import User
from booking.caller import specialist_id_of
from booking.slots.close import reopen_slots
from booking.specialists import profiles


def make_admin(email: str, password: str, now: datetime) -> User:
    """The operator's way to an admin (`grant_admin`). What was closed when the account was deactivated is open again.

    Raises `AddressRejected`.
    """
    user = grant_admin(email, password, now)
    profiles.reopen(user.as_caller())
    reopen_slots(specialist_id_of(user.id), now)
    return user
