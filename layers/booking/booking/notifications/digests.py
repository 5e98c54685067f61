"""Digests: who wants one mail a day is told on their morning what has happened since the last one.

Where another specialist gets a mail, `SendMail` keeps it as news. The sweep of reminders finds the mornings that have
come. A timer only says when to look: it is set to now when somebody chooses digests or another time zone, and to the
next morning whenever it was looked at, in the zone that the profile has then.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from booking.background.queues import put_on_mail_queue, reason_of, send_dead_letter
from booking.background.sweep import Due
from booking.bookings.table import PERSONAL, BookingItem, without_person
from booking.dynamodb.attributes import RawItem
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import create, get_all, update
from booking.dynamodb.queries import query_all
from booking.errors import StoreUnavailable
from booking.notifications.delivery import KEPT, NotSent
from booking.notifications.mail_requests import DigestRequest, MailRequest
from booking.runtime.clock import epoch_seconds, from_stored, to_stored
from booking.specialists.table import PROFILE_KEY, CalendarItem, Digests, ProfileItem, digest_timer_key

MORNING = time(7)
SETTLED_AFTER = timedelta(minutes=5)  # longer than a run, so that no news is written behind those that were told
_DAY = timedelta(days=1)
_INDEX_KEY = ("timer", "due_at", "specialist_id", "sk")


class NewsItem(CalendarItem):
    """A mail that was not sent but waits for the digest, as its message has asked for it."""

    request = UnicodeAttribute()
    expires_at = NumberAttribute()


def keep_news(mail: MailRequest, specialist_id: str, now: datetime) -> None:
    """It is told by the first digest whose morning is at least `SETTLED_AFTER` later than `now`. Raises `NotSent`.

    It does not say who the client is: the booking does, then.
    """
    sk = f"{_news_key(now)}#{mail.key}"
    before = without_person(mail.before) if mail.before else None
    text = replace(mail, booking=without_person(mail.booking), before=before).text
    news = NewsItem(specialist_id=specialist_id, sk=sk, request=text, expires_at=epoch_seconds(now + KEPT))
    try:
        create(news, condition=NewsItem.sk.does_not_exist())
    except StoreUnavailable as failure:
        raise NotSent("the news cannot be kept") from failure  # kept twice, it is told once


def news_of(digest: DigestRequest) -> Sequence[MailRequest]:
    """What was kept for a digest, in that order, each once."""
    within = NewsItem.sk.between(_news_key(digest.since), _news_key(digest.morning - SETTLED_AFTER))
    found = query_all(NewsItem, digest.specialist_id, within, consistent=True)
    mails = {mail.key: mail for mail in (MailRequest.parse(item.request) for item in found)}
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


def due_digests(shard: int, now: datetime) -> Due:
    """The specialists in a shard whose timers have come."""
    within = ProfileItem.due_at <= now
    return Due(ProfileItem, Digests.Meta.index_name, digest_timer_key(shard), within, _INDEX_KEY)


def is_digest(raw: RawItem) -> bool:
    """Whether that is the timer of a digest, and not a booking's."""
    return "due_at" in raw


def digest_due_since(raw: RawItem) -> datetime:
    """When its timer has come."""
    return from_stored(raw["due_at"]["S"])


def ask_for_digest(now: datetime, raw: RawItem) -> str:
    """Asks for the digest of the last morning unless it was told, and sets the timer to the next one.

    Asking comes first: who dies in between asks twice, under the same key.
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


def give_digest_up(raw: RawItem, error: Exception) -> None:
    """Makes a dead letter of the timer; a day later it is looked at again."""
    send_dead_letter("sweep.remind", reason_of(error), {"specialist_id": raw["specialist_id"]["S"]})
    _set(raw, [ProfileItem.due_at.set(digest_due_since(raw) + _DAY)])


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When clocks of the zone show that time of that day."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _set(raw: RawItem, changes: Sequence[Action]) -> None:
    """Unless another choice was made since the timer was read."""
    read = (ProfileItem.timer == raw["timer"]["S"]) & (ProfileItem.due_at == digest_due_since(raw))
    with suppress(ConditionFailed):
        update(ProfileItem(specialist_id=raw["specialist_id"]["S"], sk=PROFILE_KEY), changes, condition=read)


def _news_key(at: datetime) -> str:
    return f"news#{to_stored(at)}"
