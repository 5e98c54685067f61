"""What mail says: texts in files, one per language, filled with a booking's particulars."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

from booking.accounts.mailed_links import Purpose
from booking.bookings.rules import Booking
from booking.caller import Locale
from booking.runtime.defang import defanged
from booking.slots.rules import Client
from booking.specialists.rules import DEFAULT_TIME_ZONE
from booking.specialists.table import ProfileItem

_FILES = Path(__file__).parent / "messages"
MOST_LISTED = 200
_PLAIN_LOCAL_PART = re.compile(r"(?!www\.)[\w+-]+(\.[\w+-]+)*", re.IGNORECASE)


class Audience(StrEnum):
    """Who reads it."""

    CLIENT = "client"
    SPECIALIST = "specialist"


class Occasion(StrEnum):
    """What it is about."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    PROMOTED = "promoted"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Message:
    """A mail's words; `html` says the same as `text`."""

    subject: str
    text: str
    html: str


def compose(  # noqa: PLR0913  # for whom, about what, by name
    occasion: Occasion,
    audience: Audience,
    locale: Locale,
    booking: Booking,
    specialist: ProfileItem | None,
    *,
    before: Booking | None = None,
    link: str | None = None,
) -> Message:
    """The words for an occasion, and why they come. Times are the specialist's, in the specialist's time zone.

    A guest's end in the `link` that opens the booking. What people have written, names and titles, makes no links.
    """
    texts = _texts(locale)
    particulars = _particulars(texts, booking, specialist, before)
    words = texts[occasion][audience]
    subject = Template(words["subject"]).substitute(particulars)
    body = Template(words["body"]).substitute(particulars).strip()
    if link is None:
        return _message(subject, body, texts["why"][audience], locale)
    use = texts["link"]["confirm" if occasion is Occasion.HELD else "manage"]
    return _message(subject, f"{body}\n\n{use}\n\n{link}", texts["why"]["guest"], locale, link=link)


def compose_digest(
    specialist: ProfileItem,
    day: date,
    news: Sequence[tuple[Occasion, Booking, Booking | None]],
    bookings: Sequence[Booking],
) -> Message:
    """What has happened, each with the booking then and before that, and the bookings of a local day.

    Of each at most `MOST_LISTED` are listed; of more it is said how many there are.
    """
    texts = _texts(specialist.locale)
    words = texts["digest"]
    date_shown = {"date": day.strftime(texts["date_format"])}

    def listed(heading: str, entries: Sequence[tuple[str, Booking, Booking | None]]) -> Iterator[str]:
        yield Template(words[heading if entries else "free"]).substitute(date_shown)
        for kind, booking, before in entries[:MOST_LISTED]:
            yield Template(words[kind]).substitute(_particulars(texts, booking, specialist, before)).strip()
        if len(entries) > MOST_LISTED:
            yield Template(words["more"]).substitute(number=len(entries) - MOST_LISTED)

    happened = listed("news", news) if news else ()
    paragraphs = [*happened, *listed("day", [("booking", booking, None) for booking in bookings])]
    subject = Template(words["subject"]).substitute(date_shown)
    return _message(subject, "\n\n".join(paragraphs), texts["why"][Audience.SPECIALIST], specialist.locale)


def _particulars(
    texts: dict[str, Any], booking: Booking, specialist: ProfileItem | None, before: Booking | None
) -> dict[str, str]:
    zone = ZoneInfo(specialist.time_zone if specialist else DEFAULT_TIME_ZONE)
    return {
        "title": defanged(booking.service_title or "") or texts["appointment"],
        "specialist": defanged((specialist and specialist.display_name) or "") or texts["specialist"],
        "client": _shown(booking.client) or texts["client"],
        "when": _when(texts, zone, booking.slot_start_at, booking.slot_end_at),
        "reason": _reason(texts, booking),
        "before": _when(texts, zone, before.slot_start_at, before.slot_end_at) if before else "",
        "until": f"{booking.hold_expires_at.astimezone(zone):%H:%M} ({zone.key})" if booking.hold_expires_at else "",
    }


def _reason(texts: dict[str, Any], booking: Booking) -> str:
    """A line of its own with why it was cancelled, as far as that was said."""
    said = defanged(booking.cancel_reason or "")
    return Template(texts["reason"]).substitute(said=said) if said else ""


def _message(subject: str, body: str, why: str, locale: Locale, *, link: str | None = None) -> Message:
    text = f"{body}\n\n{why}\n"
    return Message(" ".join(subject.split()), text, _as_html(subject, text, locale, link=link))


def compose_with_link(purpose: Purpose, locale: Locale, link: str) -> Message:
    """The words about an account, with the link that they are about, and why they come."""
    texts = _texts(locale)
    words = texts["account"][purpose]
    body = Template(words["body"]).substitute(link=link).strip()
    return _message(words["subject"], body, texts["why"]["account"], locale, link=link)


def _shown(client: Client) -> str:
    """The address to write to, unless what its owner chose before the `@` looks like part of a link; else the name."""
    address = client.email
    if address is None:
        return defanged(client.name or "")
    local_part = address.rpartition("@")[0]
    return address if _PLAIN_LOCAL_PART.fullmatch(local_part) else defanged(address)


def _when(texts: dict[str, Any], zone: ZoneInfo, start: datetime, end: datetime) -> str:
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    day = local_start.strftime(texts["date_format"])
    return f"{day}, {local_start:%H:%M}–{local_end:%H:%M} ({zone.key})"


def _as_html(subject: str, text: str, locale: Locale, *, link: str | None = None) -> str:
    """The text's paragraphs; one that is the link is one to click on."""
    shown = f'<a href="{escape(link)}">{escape(link)}</a>' if link else ""
    paragraphs = (f"<p>{shown if part == link else escape(part)}</p>" for part in text.strip().split("\n\n"))
    return _layout().substitute(language=locale, subject=escape(subject), body="\n".join(paragraphs))


@cache
def _texts(locale: Locale) -> dict[str, Any]:
    return tomllib.loads((_FILES / f"{locale}.toml").read_text(encoding="utf-8"))


@cache
def _layout() -> Template:
    return Template((_FILES / "layout.html").read_text(encoding="utf-8"))
