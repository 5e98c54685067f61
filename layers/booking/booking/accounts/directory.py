"""Looking accounts up and changing what they may do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from booking.accounts.errors import UserNotFound
from booking.accounts.table import KIND_USER, UserItem
from booking.accounts.user import User, check_keeps_own_rights
from booking.calendar import profiles
from booking.caller import USER_PREFIX, Caller, Role
from booking.errors import Unauthenticated
from booking.platform.clock import to_stored
from booking.platform.ids import is_id
from booking.platform.queries import Page, PageRequest, query_page
from booking.platform.store import ConditionsFailed, Transaction, get


def own_account(caller: Caller) -> User:
    """The caller's account as it is now. Raises `Unauthenticated` if it is gone or deactivated."""
    item = get(UserItem, caller.user_id, consistent=True)
    if item is None or not item.is_active:
        raise Unauthenticated
    return item.to_user()


def list_users(request: PageRequest) -> Page[User]:
    """All accounts, in the order of their creation."""
    page = query_page(UserItem.by_creation, KIND_USER, None, request, key_of=_key_of)
    return page.map(UserItem.to_user)


def update_user(
    caller: Caller,
    user_id: str,
    *,
    is_active: bool | None,
    role: Role | None,
    now: datetime,
) -> User:
    """Changes what is given; whoever becomes a specialist has a profile from the same write on.

    Raises `UserNotFound`, `OwnAdminRights`.
    """
    check_keeps_own_rights(caller, user_id, is_active=is_active, role=role)
    user = _find(user_id).to_user()
    actions = []
    if is_active is not None:
        actions.append(UserItem.is_active.set(is_active))
    if role is not None:
        actions.append(UserItem.role.set(role.value))
    if not actions:
        return user
    transaction = Transaction()
    transaction.update(UserItem(user_id=user_id), actions, condition=UserItem.user_id.exists())
    if role is Role.SPECIALIST:
        profiles.ensure_in(transaction, user.as_caller(), now)
    try:
        transaction.commit()
    except ConditionsFailed:
        raise UserNotFound from None
    return replace(
        user,
        role=user.role if role is None else role,
        is_active=user.is_active if is_active is None else is_active,
    )


def _find(user_id: str) -> UserItem:
    item = get(UserItem, user_id, consistent=True) if is_id(USER_PREFIX, user_id) else None
    if item is None:
        raise UserNotFound
    return item


def _key_of(item: UserItem) -> Mapping[str, str]:
    return {
        "user_id": item.user_id,
        "kind": item.kind,
        "created_at": to_stored(item.created_at),
    }
