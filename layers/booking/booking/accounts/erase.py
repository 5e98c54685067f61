"""What erasing a person means to its account: first it is marked, last it goes with its address."""

from contextlib import suppress
from datetime import datetime

from booking.accounts.errors import LastAdmin
from booking.accounts.table import (
    END_SESSIONS,
    IS_ACTIVE,
    KIND_USER,
    EmailClaimItem,
    UserItem,
    claim_key,
    has_access_as_read,
    is_verified_as,
)
from booking.caller import Role
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import query_every
from booking.dynamodb.transaction import Transaction
from booking.specialists import profiles


def mark_erased(user: UserItem, tokens_end_at: datetime, now: datetime) -> None:
    """From this write on the account can do nothing, nor can it be given anything back; one attempt.

    A profile is none any more, and stays closed until all its holder's access tokens are over, so that none of them
    makes it anew. Raises `LastAdmin`, `Contended`.
    """
    transaction = Transaction()
    transaction.update(
        UserItem(user_id=user.user_id),
        [UserItem.is_active.set(False), UserItem.erased_at.set(now), END_SESSIONS],
        condition=has_access_as_read(user) & (UserItem.password_hash == user.password_hash) & is_verified_as(user),
    )
    profiles.erase_in(transaction, user.user_id, tokens_end_at)
    if user.role is Role.ADMIN:
        transaction.check(UserItem(user_id=_another_admin(user.user_id)), IS_ACTIVE & (UserItem.role == Role.ADMIN))
    try:
        transaction.commit()
    except TransactionCanceled:
        raise Contended from None


def has_account(user_id: str) -> bool:
    """Whether there is an account with this id that nobody has begun to erase."""
    user = get(UserItem, user_id, consistent=True)
    return user is not None and not user.is_marked_erased


def delete_account(user_id: str) -> None:
    """The marked account and its claim of the address go, in one write; a repeat changes nothing."""
    user = get(UserItem, user_id, consistent=True)
    if user is None:
        return
    transaction = Transaction()
    transaction.delete(UserItem(user_id=user_id), condition=UserItem.erased_at.exists())
    claim = EmailClaimItem(user_id=claim_key(user.email))
    transaction.delete(claim, condition=EmailClaimItem.holder.does_not_exist() | (EmailClaimItem.holder == user_id))
    with suppress(TransactionCanceled):  # somebody else has done it
        transaction.commit()


def _another_admin(user_id: str) -> str:
    """Found by an index, which need not know of the latest. Raises `LastAdmin`."""
    admins = query_every(UserItem.by_created_at, KIND_USER, only=(UserItem.role == Role.ADMIN) & IS_ACTIVE)
    for admin in admins:
        if admin.user_id != user_id:
            return admin.user_id
    raise LastAdmin
