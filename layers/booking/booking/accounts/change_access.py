"""Changing what an account may do."""

from dataclasses import replace
from datetime import datetime

from booking.accounts.errors import UserNotFound
from booking.accounts.read import find_user
from booking.accounts.table import END_SESSIONS, IS_ACTIVE, UserItem, has_access_as_read
from booking.accounts.user import User, check_keeps_own_rights
from booking.caller import Caller, Role, specialist_id_of
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, Step, TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.errors import Forbidden
from booking.specialists import profiles


def change_access(caller: Caller, user_id: str, *, is_active: bool | None, role: Role | None, now: datetime) -> User:
    """Changes what is given; whoever becomes a specialist has a profile from the same write on.

    The caller must still be an active admin when the change is written. So the last one stays: nobody changes its own
    rights, and of two admins who take each other's at once, the second to write is no admin any more. A change of role
    and a deactivation end all sessions; a deactivation closes the account's profile.
    Raises `Forbidden`, `UserNotFound`, `OwnAdminRights`.
    """
    check_keeps_own_rights(caller, user_id, is_active=is_active, role=role)
    return retrying_contention(lambda: _change(caller, user_id, is_active=is_active, role=role, now=now))


def _change(caller: Caller, user_id: str, *, is_active: bool | None, role: Role | None, now: datetime) -> User:
    """One attempt, under the condition that nobody changes the account between its read and its write."""
    user = find_user(user_id)
    changed = replace(
        user,
        role=user.role if role is None else role,
        is_active=user.is_active if is_active is None else is_active,
    )
    actions = [UserItem.role.set(changed.role), UserItem.is_active.set(changed.is_active)]
    if changed.role is not user.role or is_active is False:
        actions.append(END_SESSIONS)

    transaction = Transaction()
    updated = transaction.update(UserItem(user_id=user_id), actions, condition=has_access_as_read(user))
    allowed = _check_is_admin_in(transaction, caller, user)
    if role is Role.SPECIALIST or is_active is not None:
        _change_profile_in(transaction, user, changed, now)
    try:
        transaction.commit()
    except TransactionCanceled as failure:
        raise _why_not_updated(failure, updated, allowed) from failure
    return changed


def _check_is_admin_in(transaction: Transaction, caller: Caller, user: User) -> Step | None:
    """The write happens only if the caller is an active admin; about its own account the write asks that already."""
    if user.id != caller.user_id:
        return transaction.check(UserItem(user_id=caller.user_id), IS_ACTIVE & (UserItem.role == Role.ADMIN))
    if user.role is not Role.ADMIN or not user.is_active:
        raise Forbidden
    return None


def _change_profile_in(transaction: Transaction, user: User, changed: User, now: datetime) -> None:
    """A profile is open while its account is active. Specialists have one; admins once they have offered something."""
    profile = profiles.find_profile(specialist_id_of(user.id))
    if profile is None and {user.role, changed.role} == {Role.CLIENT}:
        return
    if not changed.is_active:
        profiles.close_in(transaction, user.as_caller(), now)
    elif profile is not None:
        profiles.open_in(transaction, profile)
    elif changed.role is Role.SPECIALIST:
        profiles.add_to(transaction, user.as_caller(), user.display_name, now)


def _why_not_updated(failure: TransactionCanceled, updated: Step, allowed: Step | None) -> Exception:
    if allowed and failure.failed(allowed):
        return Forbidden()
    if failure.failed(updated) and failure.old(updated) is None:
        return UserNotFound()
    return Contended()
