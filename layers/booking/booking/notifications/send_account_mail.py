"""Mail about accounts: whose an address is, is looked up here, where nobody waits for the answer."""

from datetime import datetime
from functools import partial

from booking.accounts.mailed_links import AccountMail, Purpose, issue_token
from booking.accounts.read import find_user_by_address
from booking.accounts.user import User
from booking.errors import StoreUnavailable
from booking.notifications.delivery import Delivery, NotSent, Refused, deliver_once
from booking.notifications.mail import post
from booking.notifications.messages import Message, compose_with_link
from booking.notifications.recipients import ACCOUNT, UNVERIFIED_ACCOUNT, Recipient
from booking.runtime.settings import settings

_PAGES = {Purpose.PASSWORD_RESET: "reset-password", Purpose.VERIFICATION: "verify-email"}


def reader_of(mail: AccountMail) -> User | None:
    """Who is to get it: the active account that has the address, unless there is nothing to verify any more."""
    user = find_user_by_address(mail.address)
    if user is None or not user.is_active or (mail.purpose is Purpose.VERIFICATION and user.email_verified):
        return None
    return user


def send_account_mail(mail: AccountMail, user: User, now: datetime) -> Delivery:
    """Sends its reader a new link, unless the mail was sent before.

    One that SES refuses is given up: who wants a link asks again, and nobody makes dead letters by registering.
    Raises `TryLater` and `OutcomeUnknown` as `deliver_once` does, and `StoreUnavailable`.
    """
    # What is unverified may be another person's, who gets no more mail of ours for it.
    recipient = Recipient(user.email, ACCOUNT if user.email_verified else UNVERIFIED_ACCOUNT)
    words = partial(_words, mail.purpose, user, now)
    try:
        return deliver_once(mail.key, partial(post, mail.key, recipient, words, now), now)
    except Refused:
        return Delivery.WITHHELD


def _words(purpose: Purpose, user: User, now: datetime) -> Message:
    """With a new token, which voids the one before it: so only once nothing keeps the mail from being sent."""
    try:
        token = issue_token(purpose, user, now)
    except StoreUnavailable as failure:
        raise NotSent("no token can be stored") from failure
    return compose_with_link(purpose, user.locale, f"{settings().public_url}/{_PAGES[purpose]}#token={token}")
