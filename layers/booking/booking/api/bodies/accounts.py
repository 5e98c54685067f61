"""Accounts on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from booking.api.bodies.fields import RequestBody, ResponseBody
from booking.caller import Locale, Role


class UserBody(ResponseBody):
    """An account; never its password or the password's hash."""

    id: str
    email: str
    role: Role
    is_active: bool
    created_at: datetime
    display_name: str | None
    phone: str | None
    locale: Locale
    time_zone: str | None
    email_verified: bool


class SessionBody(ResponseBody):
    """An access token for `expires_in` seconds, and the refresh token for the next one."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # names a scheme
    expires_in: int
    refresh_token: str


class LinkToken(RequestBody):
    """What a mailed link carries behind its `#token=`."""

    token: Annotated[str, Field(max_length=200)]


class MailOnItsWay(ResponseBody):
    """What is said whether or not there is somebody to mail."""

    message: str


class RefreshBody(RequestBody):
    """A request that shows a refresh token."""

    refresh_token: Annotated[str, Field(max_length=500)]
