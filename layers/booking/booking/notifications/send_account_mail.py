"""Mail about accounts: whose an address is, is looked up here, where nobody waits for the answer."""

from contextlib import suppress
from datetime import datetime
from functools import partial

from booking.accounts.mailed_links import AccountMail, Purpose, issue_token
from booking.accounts.read import find_user_by_address
from booking.accounts.user import User
from booking.errors import StoreUnavailable
from booking.notifications.delivery import NotSent, Refused
from booking.notifications.mail import send_once
from booking.notifications.messages import Message, compose_with_link
from booking.notifications.recipients import account_recipient
from booking.runtime.settings import settings

_PAGES = {Purpose.PASSWORD_RESET: "reset-password", Purpose.VERIFICATION: "verify-email"}


def send_account_mail(mail: AccountMail, now: datetime) -> None:
    """Sends a new link to the active account that has the address, unless the mail was sent before.

    Nobody gets it if there is no such account, or nothing to verify any more.
    One that SES refuses is dropped: who wants a link asks again, and nobody makes dead letters by registering.
    Raises `TryLater` and `OutcomeUnknown` as `deliver_once` does, and `StoreUnavailable`.
    """
    user = find_user_by_address(mail.address)
    if user is None or not user.is_active or (mail.purpose is Purpose.VERIFICATION and user.email_verified):
        return
    with suppress(Refused):
        send_once(mail.key, account_recipient(user), partial(_words, mail.purpose, user, now), now)


def _words(purpose: Purpose, user: User, now: datetime) -> Message:
    """With a new token, which voids the one before it: so only once nothing keeps the mail from being sent."""
    try:
        token = issue_token(purpose, user, now)
    except StoreUnavailable as failure:
        raise NotSent("no token can be stored") from failure
    return compose_with_link(purpose, user.locale, f"{settings().public_url}/{_PAGES[purpose]}#token={token}")
