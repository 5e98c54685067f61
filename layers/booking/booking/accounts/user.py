"""An account, and the rules about it."""

from dataclasses import dataclass
from datetime import datetime

from booking.accounts.errors import OwnAdminRights
from booking.caller import Caller, Locale, Role


@dataclass(frozen=True, slots=True)
class User:
    """An account as its owner and admins see it.

    `session_generation` rises when all sessions of the account end (`booking.accounts.sessions`).
    """

    id: str
    email: str
    role: Role
    is_active: bool
    created_at: datetime
    locale: Locale
    display_name: str | None
    phone: str | None
    time_zone: str | None
    email_verified: bool
    session_generation: int

    def as_caller(self) -> Caller:
        """What a token for this account says."""
        return Caller(self.id, self.role, self.email, self.locale, name=self.display_name, phone=self.phone)


def check_keeps_own_rights(caller: Caller, user_id: str, *, is_active: bool | None, role: Role | None) -> None:
    """Raises `OwnAdminRights` if an admin would deactivate or demote itself."""
    if user_id != caller.user_id:
        return
    if is_active is False or role not in (None, Role.ADMIN):
        raise OwnAdminRights
