"""Ann's account, for tests of what accounts are for."""

from datetime import datetime
from typing import Any

from argon2 import PasswordHasher

from booking.accounts.log_in import log_in
from booking.accounts.sessions import Session
from tests.credentials import PASSWORD
from tests.instants import NOW
from tests.integration.api import SOURCE
from tests.integration.tables import stored

EMAIL = "ann@example.com"
QUICK = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)


def log_in_at(now: datetime = NOW, password: str = PASSWORD, source: str = SOURCE) -> Session:
    """A session that begins then."""
    return log_in(EMAIL, password, source_address=source, now=now)


def account_item() -> dict[str, Any]:
    """The account as it is stored."""
    return next(item for item in stored("users") if item.get("email") == EMAIL)
