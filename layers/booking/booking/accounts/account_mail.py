"""Mail about an account. It is asked for by address: whose that is, and whether anybody's, only `SendMail` finds out.

So asking takes the same steps, and the same time, whether or not there is such an account.
"""

import json
import secrets
from dataclasses import dataclass
from enum import StrEnum

from booking.background.mail_queue import put_on_mail_queue
from booking.background.retry import TryLater
from booking.errors import StoreUnavailable

_KIND = "account_mail"


class Purpose(StrEnum):
    """What a mailed link is for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105  # no password
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class AccountMail:
    """A mail with a link that whoever has the account of that address is to get; `key` names it for ever."""

    key: str
    purpose: Purpose
    address: str

    @property
    def text(self) -> str:
        """The message's body."""
        return json.dumps({"kind": _KIND, "key": self.key, "purpose": self.purpose, "address": self.address})

    @classmethod
    def parse(cls, text: str) -> "AccountMail | None":
        """The inverse of `text`; None for a message of another kind."""
        content = json.loads(text)
        if content.get("kind") != _KIND:
            return None
        return cls(content["key"], Purpose(content["purpose"]), content["address"])


def ask_for_mail(purpose: Purpose, address: str) -> None:
    """Puts it on the mail queue. Raises `StoreUnavailable`."""
    mail = AccountMail(f"account#{secrets.token_hex(16)}", purpose, address)
    try:
        put_on_mail_queue(mail.text)
    except TryLater as failure:
        raise StoreUnavailable from failure
