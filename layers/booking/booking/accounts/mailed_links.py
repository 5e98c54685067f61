"""Asking for mailed links, and using the one that shows whose an address is (`administration.verify_email`)."""

from datetime import datetime

from booking.accounts.account_mail import Purpose, ask_for_mail
from booking.accounts.errors import TokenNotValid
from booking.accounts.mailed_tokens import MailedToken, find_token, spend_in
from booking.accounts.recovery_limit import count_recovery_attempt
from booking.accounts.table import IS_ACTIVE, UserItem
from booking.caller import Caller
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.rate_limit import source_network


def forgot_password(address: str, *, source_address: str, now: datetime) -> None:
    """Has a link to choose a new password mailed to the address, if an account has it; reads no account.

    Raises `TooManyRequests`, `StoreUnavailable`.
    """
    count_recovery_attempt("forgot-source", source_network(source_address), now)
    count_recovery_attempt("forgot-address", address, now)
    ask_for_mail(Purpose.PASSWORD_RESET, address)


def send_verification(caller: Caller, now: datetime) -> None:
    """Has a new link to verify its address mailed to the caller, unless that is done.

    Raises `TooManyRequests`, `StoreUnavailable`.
    """
    count_recovery_attempt("verification-account", caller.user_id, now)
    ask_for_mail(Purpose.VERIFICATION, caller.email)


def find_verification(token: str, *, source_address: str, now: datetime) -> MailedToken:
    """The token of a link that verifies an address. Raises `TokenNotValid`, `TooManyRequests`."""
    count_recovery_attempt("verify-source", source_network(source_address), now)
    return find_token(Purpose.VERIFICATION, token, now)


def spend_verification(found: MailedToken) -> None:
    """The address of the token's account is its own from now on. Raises `TokenNotValid`."""
    transaction = Transaction()
    spend_in(transaction, found)
    transaction.update(UserItem(user_id=found.user_id), [UserItem.email_verified.set(True)], condition=IS_ACTIVE)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled:
        raise TokenNotValid from None
