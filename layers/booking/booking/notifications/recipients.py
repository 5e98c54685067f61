"""Whom mail goes to, and how much of it one address gets in a day, whoever causes it.

Nobody has shown yet that an account's address is its own, so somebody may have registered another person's to have
mail sent there. The mails of a UTC day are a set of their keys in one item per address: a mail that is tried again is
in the set already, and is not counted twice.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.expressions.condition import size

from booking.accounts.errors import UserNotFound
from booking.accounts.read import find_user
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.errors import StoreUnavailable
from booking.notifications.delivery import NotSent, Withheld
from booking.notifications.messages import Audience
from booking.runtime.clock import epoch_seconds
from booking.runtime.settings import settings
from booking.specialists import profiles
from booking.specialists.table import ProfileItem

ACCOUNT = "account"
"""The share of mail about its own account, of an address that is verified."""
UNVERIFIED_ACCOUNT = "unverified account"
"""Half of a client's share: anybody can ask for such mail, and what is about bookings is not to want for room."""
_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a mail, and of which share of what an address gets in a day: an `Audience`, or one of those above."""

    address: str
    share: str


def specialist_recipient(specialist: ProfileItem) -> Recipient:
    """A specialist; whose address is not verified has a client's share, and it counts as one of a client's.

    That it is verified stays so: once it is seen, the profile, which mail reads anyway, says so. Raises
    `StoreUnavailable`.
    """
    is_verified = bool(specialist.email_verified)
    if not is_verified and _is_verified_now(specialist.user_id):
        profiles.note_verified(specialist)
        is_verified = True
    return Recipient(specialist.email or "", Audience.SPECIALIST if is_verified else Audience.CLIENT)


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
    counted_as = Audience.CLIENT if to.share == UNVERIFIED_ACCOUNT else to.share
    day = _DayOfMail(pk=f"mail#{counted_as}#{_digest(to.address)}#{now.astimezone(UTC):%Y-%m-%d}")
    mail = _digest(key)[:16]
    is_counted = _DayOfMail.mails.contains(mail)
    has_room = _DayOfMail.mails.does_not_exist() | (size(_DayOfMail.mails) < _most(to.share))
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


def _most(share: str) -> int:
    if share == UNVERIFIED_ACCOUNT:
        return max(1, settings().mail_unverified_max_per_day // 2)
    if share == Audience.CLIENT:
        return settings().mail_unverified_max_per_day
    return settings().mail_specialist_max_per_day


def _digest(text: str) -> str:
    """Hashed: the table holds no address."""
    return hashlib.sha256(text.encode()).hexdigest()
