"""Whom mail goes to, and how much of it may in a day."""

from booking.accounts.errors import UserNotFound
from booking.accounts.read import find_user
from booking.notifications.mail import Recipient
from booking.notifications.messages import Audience
from booking.specialists import profiles
from booking.specialists.table import ProfileItem


def specialist_recipient(specialist: ProfileItem) -> Recipient:
    """A specialist; whose address is not verified has a client's share, and it counts as one of a client's.

    That it is verified stays so: once it is seen, the profile, which mail reads anyway, says so. Raises
    `StoreUnavailable`.
    """
    is_verified = bool(specialist.email_verified)
    if not is_verified and _is_verified_now(specialist.user_id):
        profiles.note_verified(specialist)
        is_verified = True
    return Recipient(specialist.email or "", Audience.SPECIALIST if is_verified else Audience.CLIENT)


def _is_verified_now(user_id: str) -> bool:
    try:
        return find_user(user_id).email_verified
    except UserNotFound:
        return False
