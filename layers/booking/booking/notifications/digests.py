"""Digests: who wants one mail a day is told on their morning what has happened since the last one.

Where another specialist gets a mail, `SendMail` keeps it as an entry of the next digest. The sweep of reminders finds
the mornings that have come. A timer only says when to look: it is set to now when somebody chooses digests or another
time zone, and to the next morning whenever it was looked at, in the zone that the profile has then.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from booking.background.queues import put_on_mail_queue, reason_of, send_dead_letter
from booking.background.sweep import Due, Work
from booking.bookings.table import PERSONAL, BookingItem, without_person
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import create, get_all, update
from booking.dynamodb.queries import query_all
from booking.errors import StoreUnavailable
from booking.notifications.delivery import KEPT, NotSent
from booking.notifications.mail_requests import DigestRequest, MailRequest, parse
from booking.runtime.clock import epoch_seconds, from_stored, to_stored
from booking.specialists.table import PROFILE_KEY, CalendarItem, ProfileItem, digest_timer_key

MORNING = time(7)
SETTLED_AFTER = timedelta(minutes=5)  # longer than a run, so that no entry is written behind those that were told
_DAY = timedelta(days=1)


class DigestEntry(CalendarItem):
    """A mail that was not sent but waits for the digest, as its message has asked for it."""

    request = UnicodeAttribute()
    expires_at = NumberAttribute()


def keep_for_digest(mail: MailRequest, specialist_id: str, now: datetime) -> None:
    """It is told by the first digest whose morning is at least `SETTLED_AFTER` later than `now`. Raises `NotSent`.

    It does not say who the client is: the booking does, then.
    """
    sk = f"{_entry_key(now)}#{mail.key}"
    before = without_person(mail.before) if mail.before else None
    text = replace(mail, booking=without_person(mail.booking), before=before).text
    entry = DigestEntry(specialist_id=specialist_id, sk=sk, request=text, expires_at=epoch_seconds(now + KEPT))
    try:
        create(entry, condition=DigestEntry.sk.does_not_exist())
    except StoreUnavailable as failure:
        raise NotSent("it cannot be kept for the digest") from failure  # kept twice, it is told once


def entries_of(digest: DigestRequest) -> Sequence[MailRequest]:
    """What was kept for a digest, in that order, each once."""
    within = DigestEntry.sk.between(_entry_key(digest.since), _entry_key(digest.morning - SETTLED_AFTER))
    found = query_all(DigestEntry, digest.specialist_id, within, consistent=True)
    kept = (parse(item.request) for item in found)
    mails = {mail.key: mail for mail in kept if isinstance(mail, MailRequest)}
    people = _people_of(mails.values())
    return [replace(mail, booking={**mail.booking, **people.get(_id_of(mail), {})}) for mail in mails.values()]


def _people_of(mails: Iterable[MailRequest]) -> Mapping[str, RawItem]:
    """What bookings say of people now, by their ids."""
    ids = sorted({_id_of(mail) for mail in mails})
    shown = {"booking_id", *PERSONAL}
    found = get_all(BookingItem, [(each,) for each in ids], attributes=shown)
    return {raw["booking_id"]["S"]: raw for raw in found}


def _id_of(mail: MailRequest) -> str:
    return str(mail.booking["booking_id"]["S"])


def _due(shard: int, now: datetime) -> Due:
    return Due(ProfileItem.digests, digest_timer_key(shard), ProfileItem.due_at <= now)


def _due_since(raw: RawItem) -> datetime:
    return from_stored(raw["due_at"]["S"])


def _ask(now: datetime, raw: RawItem) -> str:
    """Asks for the digest of the last morning, and sets the timer to the next one.

    `queued`, or `told` where there was a digest of that morning. Asking comes first: who dies in between asks twice,
    under the same key.
    """
    profile = ProfileItem.from_old(raw)
    zone = ZoneInfo(profile.time_zone)
    day = now.astimezone(zone).date()
    if instant(day, MORNING, zone) > now:
        day -= _DAY
    morning = instant(day, MORNING, zone)
    changes: list[Action] = [ProfileItem.due_at.set(instant(day + _DAY, MORNING, zone))]
    is_untold = profile.news_since < morning - SETTLED_AFTER
    if is_untold:
        put_on_mail_queue(DigestRequest(profile.specialist_id, profile.news_since, morning).text)
        changes.append(ProfileItem.news_since.set(morning - SETTLED_AFTER))
    _set(raw, changes)
    return "queued" if is_untold else "told"


def _give_up(raw: RawItem, error: Exception) -> None:
    """Makes a dead letter of the timer; a day later it is looked at again."""
    send_dead_letter("sweep.remind", reason_of(error), {"specialist_id": raw["specialist_id"]["S"]})
    _set(raw, [ProfileItem.due_at.set(_due_since(raw) + _DAY)])


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When clocks of the zone show that time of that day."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _set(raw: RawItem, changes: Sequence[Action]) -> None:
    """Unless another choice was made since the timer was read."""
    read = (ProfileItem.timer == raw["timer"]["S"]) & (ProfileItem.due_at == _due_since(raw))
    with suppress(ConditionFailed):
        update(ProfileItem(specialist_id=raw["specialist_id"]["S"], sk=PROFILE_KEY), changes, condition=read)


def _entry_key(at: datetime) -> str:
    return f"news#{to_stored(at)}"


DIGESTS = Work(due=_due, due_since=_due_since, do=_ask, give_up=_give_up)
"""The mornings of the specialists in a shard who want digests."""
