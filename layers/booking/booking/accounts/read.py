"""Reading accounts."""

from collections.abc import Mapping

from booking.accounts.errors import UserNotFound
from booking.accounts.table import KIND_USER, EmailClaimItem, UserItem, claim_key
from booking.accounts.user import User
from booking.caller import USER_PREFIX, Caller
from booking.dynamodb.items import get, get_all
from booking.dynamodb.queries import Page, PageRequest, query_page
from booking.errors import Unauthenticated
from booking.runtime.clock import to_stored
from booking.runtime.ids import is_id

_SHOWN = UserItem.get_attributes().keys() - {"password_hash"}


def get_own_user(caller: Caller) -> User:
    """The caller's account as it is now. Raises `Unauthenticated` if it is gone or deactivated."""
    return find_own_item(caller).to_user()


def find_own_item(caller: Caller) -> UserItem:
    """The caller's account as it is stored. Raises `Unauthenticated` if it is gone or deactivated."""
    item = get(UserItem, caller.user_id, consistent=True)
    if item is None or not item.is_active:
        raise Unauthenticated
    return item


def list_users(request: PageRequest) -> Page[User]:
    """All accounts, in the order of their creation. The index has but part of each; the rest is one read for a page."""
    page = query_page(UserItem.by_created_at, KIND_USER, None, request, key_of=_key_of)
    found = get_all(UserItem, [(item.user_id,) for item in page.items], attributes=_SHOWN)
    users = {item.user_id: item.to_user() for item in map(UserItem.from_old, found)}
    return Page([users[item.user_id] for item in page.items if item.user_id in users], page.next_start)


def find_user(user_id: str) -> User:
    """The account as it is now. Raises `UserNotFound`, also while it is being erased, and for no id."""
    item = get(UserItem, user_id, consistent=True) if is_id(USER_PREFIX, user_id) else None
    if item is None or item.is_marked_erased:
        raise UserNotFound
    return item.to_user()


def find_user_by_address(address: str) -> User | None:
    """The account that has this address, or None; in its stored form (`booking.accounts.addresses`)."""
    item = find_item_by_address(address)
    return item.to_user() if item else None


def find_item_by_address(address: str) -> UserItem | None:
    """The account that has this address as it is stored, or None."""
    claim = get(EmailClaimItem, claim_key(address), consistent=True)
    return get(UserItem, claim.holder, consistent=True) if claim else None


def _key_of(item: UserItem) -> Mapping[str, str]:
    return {
        "user_id": item.user_id,
        "kind": item.kind,
        "created_at": to_stored(item.created_at),
    }
