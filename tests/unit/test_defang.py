"""What people have written makes no links, and stays readable."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.runtime.defang import defanged

LINKED = re.compile(r":[/\\]|www\.|\w\.[a-z]{2,}", re.IGNORECASE)  # what mail programs look for, more or less


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Your account is locked: https://evil.com/login", "Your account is locked: evil[.]com/login"),
        ("HTTPS:\\\\Evil.Com", "Evil[.]Com"),
        ("hthttps://tps://evil.com", "evil[.]com"),
        ("https:/b://evil.com", "evil[.]com"),
        ("(www.1and1.com)", "(www[.]1and1[.]com)"),
        ("www.1and1", "www[.]1and1"),
        ("t.co/x", "t[.]co/x"),
        ("пример.рф", "пример[.]рф"),
        ("evil.xn--p1ai", "evil[.]xn--p1ai"),
        ("evil\u3002com, evil\uff0ecom, evil\uff61com", "evil[.]com, evil[.]com, evil[.]com"),
        ("evil\u2024com", "evil[.]com"),
        ("evil.भारत", "evil[.]भारत"),
        ("evil\u200d.com", "evil\u200d[.]com"),
        ("evil.\u200bcom", "evil[.]com"),
        ("ev\u202eil.com", "evil[.]com"),
        ("192.0.2.1/login", "192[.]0[.]2[.]1/login"),
        ("write to pay@evil.com", "write to pay@evil[.]com"),
        ("Cut\r\n\r\nYour account is locked\u2028now", "Cut Your account is locked now"),
    ],
)
def test_what_looks_like_a_link_is_none(written: str, shown: str) -> None:
    assert defanged(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        *("Schnitt; Föhnen, Ø", "Dr. No", "Massage 1.5 h", "т.д. и т.п.", "60 мин.", "e.g. a cut"),
        *("01.03.2030", "50 %..."),
        *("Is it A/B: yes?", "👩\u200d🦰 Haircut", "C:", "剪发。"),
    ],
)
def test_other_words_stay_as_they_were_written(written: str) -> None:
    assert defanged(written) == written


PARTS = ("https:", "http", ":", "/", "\\", "//", "www", ".", "。", "evil", "com", "1", " ", "\u200b")


@given(st.lists(st.sampled_from(PARTS)))
def test_no_composition_of_parts_makes_a_link(parts: list[str]) -> None:
    assert LINKED.search(defanged("".join(parts))) is None
