"""What mail says: every occasion has its words for everybody who is told, in every language."""

import itertools
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Template
from types import SimpleNamespace
from typing import Any, cast

import pytest

from booking.accounts.mailed_links import Purpose
from booking.bookings.rules import Booking, new_booking
from booking.caller import SPECIALIST_PREFIX, USER_PREFIX, Locale
from booking.notifications.messages import _FILES, Audience, Message, Occasion, compose, compose_with_link
from booking.runtime.ids import new_id
from booking.slots.ids import SlotId
from booking.slots.rules import Client
from booking.specialists.rules import BookedService
from booking.specialists.table import ProfileItem

START = datetime(2030, 3, 30, 22, 30, tzinfo=UTC)
TOLD = [
    (occasion, audience)
    for occasion, audience in itertools.product(Occasion, Audience)
    if audience is Audience.CLIENT or occasion not in (Occasion.REMINDER, Occasion.HELD)
]
FIELDS = {"title", "specialist", "client", "when", "before", "until", "reason"}
LINK = "https://app.example.com/manage#token=t.o.k&booking=bkg_1"

every_language = pytest.mark.parametrize("locale", Locale)
everything_told = pytest.mark.parametrize(("occasion", "audience"), TOLD)


DIGEST_WORDS = {"subject", "news", "day", "booking", "free", "more"}
NEWS = {occasion.value for occasion, audience in TOLD if audience is Audience.SPECIALIST}


def texts(locale: Locale) -> dict[str, Any]:
    return tomllib.loads((_FILES / f"{locale.value}.toml").read_text(encoding="utf-8"))


def a_booking(
    start: datetime = START, *, service_title: str | None = "Haircut", client_email: str = "ann@example.com"
) -> Booking:
    slot = SlotId.new(new_id(SPECIALIST_PREFIX), start, start + timedelta(hours=1))
    client = Client(new_id(USER_PREFIX), client_email, Locale.EN)
    return new_booking(slot, client, BookedService("svc", service_title, None, None, None), START - timedelta(days=8))


def a_profile(zone: str = "Europe/Berlin", name: str | None = "Dr. No") -> ProfileItem:
    return cast("ProfileItem", SimpleNamespace(time_zone=zone, display_name=name))


def composed(
    occasion: Occasion, audience: Audience, locale: Locale, *, link: str | None = None, **more: Any
) -> Message:
    before = a_booking(START - timedelta(days=7))
    return compose(occasion, audience, locale, a_booking(**more), a_profile(), before=before, link=link)


@every_language
def test_a_language_has_words_for_everything_and_nothing_else(locale: Locale) -> None:
    found = {(name, who) for name, words in texts(locale).items() if isinstance(words, dict) for who in words}
    reasons = {("why", reader) for reader in (*(audience.value for audience in Audience), "account", "guest")}
    links = {("link", "confirm"), ("link", "manage")}
    about_accounts = {("account", purpose.value) for purpose in Purpose}
    digest = {("digest", name) for name in DIGEST_WORDS | NEWS}
    told = {(occasion.value, audience.value) for occasion, audience in TOLD}
    assert found == told | reasons | links | about_accounts | digest


@every_language
@everything_told
def test_words_name_only_what_is_filled_in_and_say_when(occasion: Occasion, audience: Audience, locale: Locale) -> None:
    words = texts(locale)[occasion.value][audience.value]
    named = {name for part in ("subject", "body") for name in Template(words[part]).get_identifiers()}
    assert named <= FIELDS
    assert {"title", "when"} <= named
    assert ("before" in named) == (occasion is Occasion.RESCHEDULED)
    assert ("reason" in named) == (occasion is Occasion.CANCELLED)
    assert ("until" in named) == (occasion is Occasion.HELD)


@every_language
@pytest.mark.parametrize("occasion", Occasion)
def test_a_guests_mail_has_one_link_that_can_be_clicked_and_says_what_it_is_for(
    occasion: Occasion, locale: Locale
) -> None:
    message = composed(occasion, Audience.CLIENT, locale, link=LINK)
    *_, use, link, why = message.text.strip().split("\n\n")
    expected = texts(locale)["link"]["confirm" if occasion is Occasion.HELD else "manage"]
    assert (use, link, why) == (expected, LINK, texts(locale)["why"]["guest"])
    assert message.html.count("<a ") == 1
    assert f'<a href="{LINK.replace("&", "&amp;")}">' in message.html


def test_a_held_booking_is_to_be_confirmed_by_a_time_in_the_specialists_zone() -> None:
    held = replace(a_booking(), hold_expires_at=datetime(2030, 3, 1, 8, 30, tzinfo=UTC))
    text = compose(Occasion.HELD, Audience.CLIENT, Locale.EN, held, a_profile(), link=LINK).text
    assert "by 09:30 (Europe/Berlin)" in text


def test_a_client_without_an_address_is_shown_by_name() -> None:
    booking = a_booking()
    caller = replace(booking, client=replace(booking.client, email=None, name="Ben https://evil.com"))
    text = compose(Occasion.CONFIRMED, Audience.SPECIALIST, Locale.EN, caller, a_profile()).text
    assert "Ben evil[.]com has booked" in text


@every_language
@everything_told
def test_text_and_html_say_the_same(occasion: Occasion, audience: Audience, locale: Locale) -> None:
    message = composed(occasion, audience, locale)
    assert "$" not in message.subject + message.text + message.html
    assert "Haircut" in message.subject
    for paragraph in message.text.strip().split("\n\n"):
        assert paragraph in message.html
    assert f'<html lang="{locale.value}">' in message.html


@every_language
@everything_told
def test_every_mail_ends_with_why_one_gets_it(occasion: Occasion, audience: Audience, locale: Locale) -> None:
    message = composed(occasion, audience, locale)
    reason = texts(locale)["why"][audience.value]
    assert message.text.splitlines()[-1] == reason
    assert f"<p>{reason}</p>" in message.html


@every_language
@everything_told
def test_names_and_titles_make_no_links(occasion: Occasion, audience: Audience, locale: Locale) -> None:
    message = compose(
        occasion,
        audience,
        locale,
        a_booking(service_title="Locked: https://evil.com", client_email="evil.com/pay@example.com"),
        a_profile(name="www.evil.com"),
        before=a_booking(),
    )
    for words in (message.subject, message.text, message.html):
        assert "evil.com" not in words
        assert "://" not in words
    assert "Locked: evil[.]com" in message.subject


@pytest.mark.parametrize("address", ["ann.lee@example.com", "o_neil+cuts-1@mail.example.com", "анна@example.com"])
def test_an_address_to_write_to_is_shown_as_it_is(address: str) -> None:
    assert address in composed(Occasion.CONFIRMED, Audience.SPECIALIST, Locale.EN, client_email=address).text


@pytest.mark.parametrize("address", ["www.evil.com@example.com", "https://evil@example.com", "evil.com/x@example.com"])
def test_an_address_that_looks_like_a_link_is_defanged(address: str) -> None:
    text = composed(Occasion.CONFIRMED, Audience.SPECIALIST, Locale.EN, client_email=address).text
    assert address not in text
    assert "example[.]com" in text


def test_a_title_begins_no_paragraph_of_its_own() -> None:
    message = composed(
        Occasion.CONFIRMED, Audience.CLIENT, Locale.EN, service_title="Cut\n\nYour account is locked.\n\nCall us"
    )
    assert "Cut Your account is locked. Call us" in message.text


@every_language
@pytest.mark.parametrize("audience", Audience)
def test_a_cancellation_says_why_in_a_paragraph_that_makes_no_links(audience: Audience, locale: Locale) -> None:
    said = "Ill.\n\n$client, see https://evil.com/x"
    cancelled = replace(a_booking(), cancel_reason=said)

    message = compose(Occasion.CANCELLED, audience, locale, cancelled, a_profile())

    told = {Locale.EN: "Reason", Locale.RU: "Причина"}[locale] + ": Ill. $client, see evil[.]com/x"
    assert told in message.text.split("\n\n")
    assert f"<p>{told}</p>" in message.html


def test_times_are_the_specialists_over_midnight_and_the_change_of_clocks() -> None:
    message = composed(Occasion.CONFIRMED, Audience.CLIENT, Locale.EN)
    assert "2030-03-30, 23:30–00:30 (Europe/Berlin)" in message.text
    later = compose(
        Occasion.CONFIRMED, Audience.CLIENT, Locale.EN, a_booking(START + timedelta(days=1)), a_profile(), before=None
    )
    assert "2030-04-01, 00:30–01:30 (Europe/Berlin)" in later.text


def test_what_people_have_written_is_text_in_html() -> None:
    message = composed(Occasion.CONFIRMED, Audience.CLIENT, Locale.EN, service_title="<b>Cut</b> & $when")
    assert "&lt;b&gt;Cut&lt;/b&gt; &amp; $when" in message.html
    assert "<b>Cut</b> & $when" in message.text


def test_a_subject_is_one_line() -> None:
    message = composed(Occasion.CONFIRMED, Audience.CLIENT, Locale.EN, service_title="Cut\r\nBcc: all@example.com")
    assert "\n" not in message.subject
    assert "\r" not in message.subject


@every_language
def test_what_is_not_known_has_a_word(locale: Locale) -> None:
    booking = a_booking(service_title=None)
    message = compose(Occasion.CONFIRMED, Audience.CLIENT, locale, booking, a_profile(name=None))
    assert texts(locale)["appointment"] in message.subject
    assert texts(locale)["specialist"] in message.text
    without = compose(Occasion.CONFIRMED, Audience.CLIENT, locale, booking, None)
    assert "(UTC)" in without.text


@every_language
@pytest.mark.parametrize("purpose", Purpose)
def test_mail_about_an_account_says_the_same_in_text_and_html_with_a_link_to_click_on(
    purpose: Purpose, locale: Locale
) -> None:
    link = "https://app.example/reset-password#token=usr_a.b"
    message = compose_with_link(purpose, locale, link)
    assert message.subject == texts(locale)["account"][purpose.value]["subject"]
    assert "$" not in message.subject + message.text + message.html
    assert f"\n\n{link}\n\n" in message.text
    assert f'<p><a href="{link}">{link}</a></p>' in message.html
    assert f'<html lang="{locale.value}">' in message.html
    *_, why = message.text.strip().split("\n\n")
    assert why == texts(locale)["why"]["account"]
    for paragraph in message.text.strip().split("\n\n"):
        assert paragraph in message.html
