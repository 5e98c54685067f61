"""How much mail one address gets in a day, whoever causes it.

Nobody has shown yet that an account's address is its own, so somebody may have registered another person's to have
mail sent there. The mails of a UTC day are a set of their keys in one item per address: a mail that is tried again is
in the set already, and is not counted twice.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.expressions.condition import size

from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import update
from booking.errors import StoreUnavailable
from booking.notifications.delivery import NotSent, Withheld
from booking.notifications.messages import Audience
from booking.runtime.clock import epoch_seconds
from booking.runtime.settings import settings

ACCOUNT = "account"
"""The share of mail about its own account, of an address that is verified."""
UNVERIFIED_ACCOUNT = "unverified account"
"""Half of a client's share: anybody can ask for such mail, and what is about bookings is not to want for room."""
_KEPT = timedelta(days=1)


class _DayOfMail(EphemeralItem):
    mails = UnicodeSetAttribute(null=True)


def count_mail(key: str, address: str, share: str, now: datetime) -> None:
    """Counts the mail that `key` names; `share` is an `Audience`, `ACCOUNT` or `UNVERIFIED_ACCOUNT`.

    Raises `Withheld` if the address has had its share of today, `NotSent`.
    """
    counted_as = Audience.CLIENT if share == UNVERIFIED_ACCOUNT else share
    day = _DayOfMail(pk=f"mail#{counted_as}#{_digest(address)}#{now.astimezone(UTC):%Y-%m-%d}")
    mail = _digest(key)[:16]
    is_counted = _DayOfMail.mails.contains(mail)
    has_room = _DayOfMail.mails.does_not_exist() | (size(_DayOfMail.mails) < _most(share))
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
