"""The web pages: what lies in `static`, as it is sent.

An asset's address holds a hash of all assets, so that it can be kept for a year, and a page's modules always fit each
other. Addresses are relative: pages work behind any stage path, front door or domain.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
LANGUAGES = ("en", "ru")
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
FRAME = STATIC / "page.html"
PAGES = {path.stem for path in STATIC.glob("*.html") if path != FRAME}
ASSETS = {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in MEDIA_TYPES}
_IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*["']\./([\w.-]+)["']""", re.MULTILINE)
_TEXT = re.compile(r'^  ("[\w.-]+"): (".*"),$', re.MULTILINE)
_HEADING = re.compile(r"<h1[^>]*>(.*)</h1>")


@cache
def version() -> str:
    """Names the assets as they are now."""
    digest = hashlib.sha256()
    for name, path in ASSETS.items():
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def page(name: str, root: str, language: str, *, sends_mail: bool) -> str:
    """The HTML of a page for readers of `language`, of a stack that sends mail or none.

    `root` leads from its address to the API's ("" or "../").
    """
    content = (STATIC / f"{name}.html").read_text().strip()
    heading = _HEADING.search(content)
    filled_in = {
        "content": content,
        "title": heading[1] if heading else name,
        "head": "\n".join(_head(name, language)),
        "language": language,
        "mail": "sent" if sends_mail else "none",
        **_texts(language),
        "assets": f"{root}pages/{version()}/",
    }
    html = FRAME.read_text()
    for key, value in filled_in.items():
        html = html.replace(f"{{{key}}}", value)
    return html


def _head(name: str, language: str) -> list[str]:
    """What a page loads: its stylesheets, its script, and what that imports, all at once."""
    styles = [style for style in ("pages.css", f"{name}.css") if style in ASSETS]
    modules = [*imports_of(f"{name}.js"), f"texts.{language}.js"]
    return [
        *(f'<link rel="stylesheet" href="{{assets}}{style}">' for style in styles),
        f'<script type="module" src="{{assets}}{name}.js"></script>',
        *(f'<link rel="modulepreload" href="{{assets}}{module}">' for module in modules),
    ]


def _texts(language: str) -> dict[str, str]:
    """What scripts say in that language, by key, but what depends on a number."""
    found = _TEXT.findall(ASSETS[f"texts.{language}.js"].read_text())
    return {json.loads(key): json.loads(text) for key, text in found}


def imports_of(module: str) -> list[str]:
    """The modules that this one needs before it can run, and those that they need."""
    found: list[str] = []
    remaining = [module]
    while remaining:
        for name in _IMPORT.findall(ASSETS[remaining.pop()].read_text()):
            if name not in found:
                found.append(name)
                remaining.append(name)
    return found


def language_for(wanted: str | None, accepted: str) -> str:
    """The language that is asked for if there is one, else the first of `Accept-Language` that we speak."""
    if wanted in LANGUAGES:
        return wanted
    spoken = (part.split(";")[0].strip()[:2].lower() for part in accepted.split(","))
    return next((language for language in spoken if language in LANGUAGES), LANGUAGES[0])
