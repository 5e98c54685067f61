"""New passwords: by the link of a mail, or by the password before it. Either ends the account's sessions."""

from datetime import datetime

from booking.accounts.errors import CurrentPasswordWrong, TokenNotValid
from booking.accounts.mailed_links import Purpose, find_token, spend_in
from booking.accounts.passwords import hash_password, matches
from booking.accounts.recovery_limit import count_recovery_attempt
from booking.accounts.sessions import carry_over_in
from booking.accounts.table import END_SESSIONS, IS_ACTIVE, UserItem, is_in_generation
from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import Contended, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.transaction import Transaction
from booking.errors import Unauthenticated
from booking.rate_limit import source_network


def reset_password(token: str, password: str, *, source_address: str, now: datetime) -> None:
    """Spends the token for the password. It verifies no address: with that an account takes guests' bookings over.

    A token is void once the account's sessions were ended otherwise: by a change of password, role or access.
    Raises `TokenNotValid`, `TooManyRequests`.
    """
    count_recovery_attempt("reset-source", source_network(source_address), now)
    found = find_token(Purpose.PASSWORD_RESET, token, now)
    transaction = Transaction()
    spend_in(transaction, found)
    transaction.update(
        UserItem(user_id=found.user_id),
        [UserItem.password_hash.set(hash_password(password)), END_SESSIONS],
        condition=IS_ACTIVE & is_in_generation(int(found.generation)),
    )
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        raise TokenNotValid from None


def change_password(caller: Caller, current_password: str, password: str, now: datetime) -> None:
    """Ends the account's sessions, save the one that asks.

    Raises `CurrentPasswordWrong`, `TooManyRequests`, `Unauthenticated` if the account is gone or deactivated.
    """
    count_recovery_attempt("password-account", caller.user_id, now)
    retrying_contention(lambda: _change(caller, current_password, password, now))


def _change(caller: Caller, current_password: str, password: str, now: datetime) -> None:
    """One attempt, under the condition that nobody else changes the password or ends the sessions meanwhile."""
    user = get(UserItem, caller.user_id, consistent=True)
    if user is None or not user.is_active:
        raise Unauthenticated
    if not matches(current_password, user.password_hash):
        raise CurrentPasswordWrong
    new_hash = hash_password(password)
    try:
        _write(user, new_hash, caller.session_id, now)
    except TransactionCanceled:
        raise Contended from None


def _write(user: UserItem, new_hash: str, session_id: str | None, now: datetime) -> None:
    """Also for a session that is over by now, which then stays so."""
    generation = int(user.session_generation)
    transaction = Transaction()
    changed = transaction.update(
        UserItem(user_id=user.user_id),
        [UserItem.password_hash.set(new_hash), END_SESSIONS],
        condition=IS_ACTIVE & (UserItem.password_hash == user.password_hash) & is_in_generation(generation),
    )
    if session_id is not None:
        carry_over_in(transaction, session_id, user.user_id, generation, now)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if session_id is None or failure.failed(changed):
            raise
        _write(user, new_hash, None, now)
