"""What people change about their own accounts."""

from collections.abc import Mapping

from booking.accounts.read import get_own_user
from booking.accounts.table import IS_ACTIVE, UserItem
from booking.accounts.user import User
from booking.caller import Caller
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.errors import Unauthenticated


def update_own_user(caller: Caller, changes: Mapping[str, str | None]) -> User:
    """Sets the given fields of `display_name`, `phone`, `locale` and `time_zone`; None clears one.

    Raises `Unauthenticated` if the account is gone or deactivated.
    """
    if not changes:
        return get_own_user(caller)
    actions = [
        getattr(UserItem, name).remove() if value is None else getattr(UserItem, name).set(value)
        for name, value in changes.items()
    ]
    try:
        return update(UserItem(user_id=caller.user_id), actions, condition=IS_ACTIVE).to_user()
    except ConditionFailed:
        raise Unauthenticated from None
