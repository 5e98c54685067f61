"""Text that people have written, made so that no program which shows it makes a link of it.

Mail programs and calendars turn whatever looks like an address on the web into something to click on, also in plain
text. A title that comes with mail of ours would lend the link our name.
"""

import re
import unicodedata

_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*)?:[/\\]+", re.IGNORECASE)
_DOT = re.compile(r"[.\u2024\u3002\uff0e\uff61]")  # what browsers take for a dot in a host's name (UTS 46)
_HOST = re.compile(
    rf"[^\s.]{_DOT.pattern}[^\W\d_][^\s\d.,;:!?()\[\]/]"  # evil.com
    rf"|www{_DOT.pattern}"
    r"|\d+(?:\.\d+){3}",
    re.IGNORECASE,
)
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # some scripts and many emoji need them


def defanged(text: str) -> str:
    """The text on one line, without schemes, and with `[.]` for the dots of what looks like a host or an address."""
    visible = "".join(map(_visible, text))
    return " ".join(_word(word) for word in _SCHEME.sub("", visible).split())


def _visible(character: str) -> str:
    """Line breaks become spaces; what turns the direction of text or stands in it unseen is left out."""
    category = unicodedata.category(character)
    if category in _BREAKS:
        return " "
    return "" if category == "Cf" and character not in _JOINERS else character


def _word(word: str) -> str:
    return _DOT.sub("[.]", word) if _HOST.search(word) else word
