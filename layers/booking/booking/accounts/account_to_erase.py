"""Whoever would erase an account shows its password."""

from booking.accounts.errors import CurrentPasswordWrong
from booking.accounts.passwords import matches
from booking.accounts.table import UserItem
from booking.caller import Caller
from booking.dynamodb.items import get
from booking.errors import Unauthenticated


def account_to_erase(caller: Caller, password: str) -> UserItem:
    """The caller's account, active or marked already. Raises `CurrentPasswordWrong`, `Unauthenticated`."""
    user = get(UserItem, caller.user_id, consistent=True)
    if user is None or not (user.is_active or user.is_marked_erased):
        raise Unauthenticated
    if not matches(password, user.password_hash):
        raise CurrentPasswordWrong
    return user
