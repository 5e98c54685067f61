"""Whom mail goes to, and how much of it one address gets in a day, whoever causes it.

Nobody has shown yet that an account's address is its own, so somebody may have registered another person's to have
mail sent there. The mails of a UTC day are a set of their keys in one item per address: a mail that is tried again is
in the set already, and is not counted twice.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.expressions.condition import size

from booking.accounts.errors import UserNotFound
from booking.accounts.read import find_user
from booking.accounts.user import User
from booking.bookings.rules import Booking
from booking.caller import Locale
from booking.dynamodb.ephemeral import EphemeralItem, hash_of
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.errors import StoreUnavailable
from booking.notifications.delivery import NotSent, Withheld
from booking.runtime.clock import epoch_seconds
from booking.runtime.settings import settings
from booking.specialists import profiles
from booking.specialists.rules import Profile

_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a mail, in which language, and how many a day; they are counted by address and `counted_as`."""

    address: str
    locale: Locale
    counted_as: str
    most_a_day: int


def client_recipient(booking: Booking) -> Recipient | None:
    """The booking's client, None if it has left no address. Raises `ValueError` if nobody knows its language."""
    client = booking.client
    return _unverified(client.email, Locale(client.locale)) if client.email else None


def specialist_recipient(specialist: Profile) -> Recipient | None:
    """The specialist, None if the profile has no address.

    One whose address is not verified gets as many as a client, and they count as a client's. That it is verified
    stays so: once it is seen, the profile, which mail reads anyway, says so. Raises `StoreUnavailable`.
    """
    if specialist.email is None:
        return None
    if not specialist.email_verified:
        if not _is_verified_now(specialist.user_id):
            return _unverified(specialist.email, specialist.locale)
        profiles.note_verified(specialist)
    return Recipient(specialist.email, specialist.locale, "specialist", settings().mail_specialist_max_per_day)


def account_recipient(user: User) -> Recipient:
    """The account's holder.

    An address that is not verified may be another person's, who gets no more mail of ours for it. Of this anybody can
    ask for, and what is about bookings is not to want for room: so it is half of a client's.
    """
    if user.email_verified:
        return Recipient(user.email, user.locale, "account", settings().mail_specialist_max_per_day)
    as_client = _unverified(user.email, user.locale)
    return replace(as_client, most_a_day=max(1, as_client.most_a_day // 2))


def _unverified(address: str, locale: Locale) -> Recipient:
    return Recipient(address, locale, "client", settings().mail_unverified_max_per_day)


def _is_verified_now(user_id: str) -> bool:
    try:
        return find_user(user_id).email_verified
    except UserNotFound:
        return False


class _DayOfMail(EphemeralItem):
    mails = UnicodeSetAttribute(null=True)


def count_mail(key: str, to: Recipient, now: datetime) -> None:
    """Counts the mail that `key` names.

    Raises `Withheld` if the address has had its share of today, `NotSent`.
    """
    day = _DayOfMail(pk=f"mail#{to.counted_as}#{hash_of(to.address)}#{now.astimezone(UTC):%Y-%m-%d}")
    mail = hash_of(key)[:16]
    is_counted = _DayOfMail.mails.contains(mail)
    has_room = _DayOfMail.mails.does_not_exist() | (size(_DayOfMail.mails) < to.most_a_day)
    try:
        update(
            day,
            [_DayOfMail.mails.add({mail}), _DayOfMail.expires_at.set(epoch_seconds(now + _KEPT))],
            condition=is_counted | has_room,
        )
    except ConditionFailed:
        raise Withheld("the address has had its share of today") from None
    except StoreUnavailable as failure:
        raise NotSent("the mails of the day cannot be counted") from failure
