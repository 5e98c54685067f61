"""Who is asking: what an access token, or the token of a mailed link, says about the caller."""

from dataclasses import dataclass, field
from enum import StrEnum


class Locale(StrEnum):
    """The languages that mail is written in."""

    EN = "en"
    RU = "ru"


class Role(StrEnum):
    """What an account is for. Admins are made by the operator, never over the public API."""

    CLIENT = "client"
    SPECIALIST = "specialist"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in account, as its token states it; no table is read to know it.

    `session_id` names the family of refresh tokens that the token belongs to; tokens of earlier releases do not say.
    `name` and `phone` are the account's when the token was issued, as far as its holder has given them.
    """

    user_id: str
    role: Role
    email: str
    locale: Locale = Locale.EN
    session_id: str | None = field(default=None, compare=False)
    name: str | None = None
    phone: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the caller may act on anybody's behalf."""
        return self.role is Role.ADMIN

    @property
    def specialist_id(self) -> str:
        """The id of the caller's profile, which exists for specialists from registration on."""
        return specialist_id_of(self.user_id)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who books without an account, or shows the link that was mailed about a booking.

    `booking_id` is the one booking that the link opens. A guest has nothing that a `Caller` has, so that what is made
    for accounts fails for it.
    """

    guest_id: str
    booking_id: str | None = None


def is_staff(caller: Caller | Guest, specialist_id: str) -> bool:
    """Whether the caller is that specialist, or an admin."""
    return isinstance(caller, Caller) and (caller.is_admin or caller.specialist_id == specialist_id)


GUEST_PREFIX = "gst"
USER_PREFIX = "usr"
SPECIALIST_PREFIX = "spc"


def specialist_id_of(user_id: str) -> str:
    """The profile's id follows from its user's, so nothing has to be read to go from one to the other."""
    return f"{SPECIALIST_PREFIX}_{user_id.removeprefix(f'{USER_PREFIX}_')}"


def user_id_of(specialist_id: str) -> str:
    """The inverse of `specialist_id_of`."""
    return f"{USER_PREFIX}_{specialist_id.removeprefix(f'{SPECIALIST_PREFIX}_')}"
