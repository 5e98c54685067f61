"""Holds the files of the pages together: their texts, what they load, what they may not contain."""

import re

import pytest

import booking_pages
from booking_pages import ASSETS, LANGUAGES, PAGES

OURS = {name: path.read_text() for name, path in ASSETS.items() if name != "lit.js"}
AREAS = sorted({name.split(".")[0] for name in OURS if name.endswith(".en.js")})
TEXT = re.compile(r'^  "([\w.-]+)":(.*?)(?=^  "|^};)', re.MULTILINE | re.DOTALL)
UNMAILED = "unmailed"
OF_MAIL = r"\bmails?\b|пис(ьм|ем)|(?<!эл\. )почт"
SEEN_WHERE_MAIL_IS_SENT = {"account.no_token", "desk.unverified"}
SETTINGS_OF_MAIL = {"desk.booking_mail", "desk.locale"}
USED = re.compile(r'\bt\("([\w.-]+)"')


def texts(area: str, language: str) -> dict[str, str]:
    return dict(TEXT.findall(OURS[f"{area}.{language}.js"]))


@pytest.mark.parametrize("area", AREAS)
def test_every_language_says_the_same(area: str) -> None:
    english, russian = (texts(area, language) for language in LANGUAGES)
    assert english.keys() == russian.keys()
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) >= set(re.findall(r"{\w+}", russian[key])) - {"{n}"}, key


def test_every_text_that_is_asked_for_is_there_and_is_said_once() -> None:
    said = [key for area in AREAS if area != UNMAILED for key in texts(area, "en")]
    assert len(said) == len(set(said))
    assert {key for source in OURS.values() for key in USED.findall(source)} <= set(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_mail_is_sent_nothing_that_is_said_speaks_of_one(language: str) -> None:
    said = {key: text for area in AREAS if area != UNMAILED for key, text in texts(area, language).items()}
    instead = texts(UNMAILED, language)
    assert instead.keys() <= said.keys()
    speak_of_mail = {key for key, text in said.items() if re.search(OF_MAIL, text, re.IGNORECASE)}
    assert speak_of_mail - instead.keys() == SEEN_WHERE_MAIL_IS_SENT | SETTINGS_OF_MAIL


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_names_the_modules_that_its_script_needs(page: str) -> None:
    html = booking_pages.page(page, "../", "ru", sends_mail=True)
    loaded = set(re.findall(rf'href="\.\./pages/{booking_pages.version()}/([\w.-]+\.js)"', html))
    assert loaded == {*booking_pages.imports_of(f"{page}.js"), "texts.ru.js"}
    assert f'src="../pages/{booking_pages.version()}/{page}.js"' in html
    assert "{" not in html


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_is_titled_in_its_readers_language_before_any_script_runs(page: str) -> None:
    titles = [
        re.findall(r"<title>(.+)</title>|<h1[^>]*>(.+)</h1>", booking_pages.page(page, "", language, sends_mail=True))
        for language in LANGUAGES
    ]
    for (title, _), (_, heading) in titles:
        assert title == heading
    assert titles[0] != titles[1]


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_asset_loads_nothing_from_elsewhere_and_needs_no_inline_style(name: str) -> None:
    source = OURS[name]
    assert not re.search(r"https?://|styleMap|\bstyle=|unsafeHTML|innerHTML|eval\(", source)


def test_a_page_has_no_inline_script_or_style() -> None:
    for page in PAGES:
        html = booking_pages.page(page, "", "en", sends_mail=True)
        assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?![^>]* src=)", html), page


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, "de-DE,de;q=0.9,ru;q=0.5", "ru"),
        (None, "de", "en"),
        ("ru", "en-GB", "ru"),
        ("de", "ru", "ru"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_first_that_we_speak(
    wanted: str | None, accepted: str, language: str
) -> None:
    assert booking_pages.language_for(wanted, accepted) == language
