"""What an admin changes about an account, with all that follows where the account can no longer act.

A deactivated account waits for no slot, and a specialist's calendar is closed: its free slots go, and those that are
booked stay with their bookings, but are closed for when they become free. Whoever reads the account sees it
deactivated from the first write on; what follows is done again by a repeat of the change, so that a run that ends early
leaves nothing that a second one does not mend.
"""

from datetime import datetime

from booking.accounts.change_access import change_access
from booking.accounts.user import User
from booking.caller import Caller, Role, specialist_id_of
from booking.slots.close import close_slots, reopen_slots
from booking.slots.wait_list import leave_all


def update_user(caller: Caller, user_id: str, *, is_active: bool | None, role: Role | None, now: datetime) -> User:
    """The account with what is given changed.

    Raises `Forbidden`, `UserNotFound`, `OwnAdminRights`.
    """
    user = change_access(caller, user_id, is_active=is_active, role=role, now=now)
    if is_active is None:
        return user
    if user.is_active:
        reopen_slots(specialist_id_of(user.id), now)
    else:
        leave_all(user.id, now)
        close_slots(specialist_id_of(user.id), now)
    return user
